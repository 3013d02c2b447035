#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace eventodb::base {

/// The first '"', '\\' or control character (below 0x20) in [at, end), or `end`: where a JSON
/// string ends, or what needs an escape in one.
inline const char* find_json_special(const char* at, const char* end) {
  // Eight bytes a step: a matching byte gets its top bit set. Borrows can set bits behind a match,
  // never before the first.
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t slash = word ^ (kOnes * '\\');
    const std::uint64_t hits = (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) |
                                ((word - kOnes * 0x20) & ~word)) &
                               kTops;
    if (hits == 0) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return at + std::countr_zero(hits) / 8;
  }
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
}

}  // namespace eventodb::base
