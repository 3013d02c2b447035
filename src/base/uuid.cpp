#include "base/uuid.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>

namespace eventodb::base {
namespace {

/// The two lower-case digits of every byte.
constexpr auto kHexPairs = [] {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {kHex[byte >> 4], kHex[byte & 0x0f]};
  }
  return pairs;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Milliseconds in the upper 48 bits, a counter in the lower 16: strictly increasing.
std::uint64_t next_tick() {
  static std::atomic<std::uint64_t> last{0};
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const std::uint64_t wanted = static_cast<std::uint64_t>(now) << 16;
  std::uint64_t seen = last.load(std::memory_order_relaxed);
  std::uint64_t tick;
  do {
    tick = wanted > seen ? wanted : seen + 1;  // a clock that stands or jumps back only counts on
  } while (!last.compare_exchange_weak(seen, tick, std::memory_order_relaxed));
  return tick;
}

std::mt19937_64& generator() {
  thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return engine;
}

}  // namespace

Uuid make_uuid_v7() {
  const std::uint64_t tick = next_tick();
  const std::uint64_t random = generator()();
  Uuid id;
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(tick >> (56 - 8 * i));
  }
  // 16 bits of counter: 12 behind the version, 4 behind the variant.
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | ((tick >> 12) & 0x0f));
  id.bytes[7] = static_cast<std::uint8_t>(tick >> 4);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | ((tick & 0x0f) << 2) | ((random >> 56) & 0x03));
  for (int i = 9; i < 16; ++i) {
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(random >> (8 * (i - 9)));
  }
  return id;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kUuidTextBytes) return std::nullopt;
  Uuid id;
  std::size_t at = 0;
  for (auto& byte : id.bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at] != '-') return std::nullopt;
      ++at;
    }
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

void format_uuid(const Uuid& id, char* to) {
  const auto put = [&](std::size_t from, std::size_t behind) {
    for (std::size_t i = from; i < behind; ++i, to += 2) {
      std::memcpy(to, kHexPairs[id.bytes[i]].data(), 2);
    }
  };
  put(0, 4);
  for (const std::size_t group : {4U, 6U, 8U}) {
    *to++ = '-';
    put(group, group + 2);
  }
  *to++ = '-';
  put(10, 16);
}

}  // namespace eventodb::base
