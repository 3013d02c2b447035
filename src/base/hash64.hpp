#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace eventodb::base {

/// Both halves of the 128-bit product folded together: every input bit reaches every output bit.
inline std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// A 64-bit hash of bytes for tables in memory (the construction of wyhash). Keyed by `seed`, so
/// that strangers who choose the bytes cannot choose collisions. Never stored: it may change.
inline std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kA = 0xa0761d6478bd642f;
  constexpr std::uint64_t kB = 0xe7037ed1a0b428db;
  // Both factors are keyed: with a constant, bytes equal to it would make every product 0.
  const std::uint64_t key = std::rotl(seed, 32) ^ kB;
  const auto read8 = [](const char* from) {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof(word));
    return word;
  };
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t state = seed ^ kA;
  while (left > 16) {
    state = mix64(read8(at) ^ key, read8(at + 8) ^ state);
    at += 16;
    left -= 16;
  }
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (left >= 8) {
    low = read8(at);
    high = read8(at + left - 8);
  } else if (left > 0) {
    std::memcpy(&low, at, left);
  }
  return mix64(kB ^ bytes.size(), mix64(low ^ key, high ^ state));
}

/// A random seed for hash64, the same for the whole life of the process.
inline std::uint64_t hash_seed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
  }();
  return seed;
}

/// For tables whose keys are bytes that clients choose.
struct KeyedHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view bytes) const { return hash64(bytes, hash_seed()); }
};

}  // namespace eventodb::base
