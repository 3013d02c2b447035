#include "base/hash64.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

namespace eventodb::base {
namespace {

std::string bytes_of(std::uint64_t first, std::uint64_t second) {
  std::string bytes(16, '\0');
  std::memcpy(bytes.data(), &first, 8);
  std::memcpy(bytes.data() + 8, &second, 8);
  return bytes;
}

TEST(Hash64, DependsOnEveryByteAndOnTheSeed) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 40; ++size) {
    std::string bytes(size, 'x');
    seen.insert(hash64(bytes, 1));
    for (std::size_t at = 0; at < size; ++at) {
      bytes[at] = 'y';
      seen.insert(hash64(bytes, 1));
      bytes[at] = 'x';
    }
  }
  EXPECT_EQ(seen.size(), 40U + 39U * 40U / 2U);
  EXPECT_NE(hash64("a stream's name", 1), hash64("a stream's name", 2));
}

TEST(Hash64, NoBytesCanBeChosenThatCollideWhateverTheSeed) {
  // The constants of the construction: where a factor of a product is 0, so is the product.
  for (const std::uint64_t constant : {0xe7037ed1a0b428dbULL, 0xa0761d6478bd642fULL}) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t n = 0; n < 100; ++n) {
      for (const std::uint64_t seed : {0x123456789abcdef1ULL, 0xfedcba9876543213ULL}) {
        seen.insert(hash64(bytes_of(constant, n), seed));
        seen.insert(hash64(bytes_of(n, constant), seed));
        seen.insert(hash64(bytes_of(constant, n) + bytes_of(constant, n), seed));
      }
    }
    EXPECT_EQ(seen.size(), 600U);
  }
}

}  // namespace
}  // namespace eventodb::base
