#include "base/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace eventodb::base {
namespace {

bool is_aligned(const void* pointer, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
}

TEST(Arena, KeepsWhatFitsInTheFirstBlock) {
  Arena arena(1024);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) arena.allocate(64, 1);
    EXPECT_EQ(arena.extra_blocks(), 0U);
    arena.reset();
  }
}

TEST(Arena, ReusesTheSameMemoryAfterReset) {
  Arena arena(256);
  void* first = arena.allocate(16);
  arena.reset();
  EXPECT_EQ(arena.allocate(16), first);
}

TEST(Arena, FillsABlockToItsLastByte) {
  Arena arena(64);
  arena.allocate(64, 1);
  EXPECT_EQ(arena.extra_blocks(), 0U);
  arena.allocate(1, 1);
  EXPECT_EQ(arena.extra_blocks(), 1U);
}

TEST(Arena, GivesFurtherBlocksBack) {
  Arena arena(64);
  std::memset(arena.allocate(100'000), 'x', 100'000);
  arena.allocate(63);
  EXPECT_GE(arena.extra_blocks(), 1U);
  arena.reset();
  EXPECT_EQ(arena.extra_blocks(), 0U);
}

TEST(Arena, GrowsToWhatRequestsNeedWithinItsBound) {
  Arena arena(64, 1024);
  const auto use = [&arena](int times) {
    for (int i = 0; i < times; ++i) arena.allocate(16);
    const std::size_t extra = arena.extra_blocks();
    arena.reset();
    return extra;
  };
  EXPECT_GT(use(25), 0U);
  for (int round = 0; round < 5; ++round) use(25);
  EXPECT_EQ(use(25), 0U) << "400 bytes fit by now";
  for (int round = 0; round < 20; ++round) use(100);
  EXPECT_GT(use(100), 0U) << "1600 bytes are more than it keeps";
  EXPECT_EQ(use(60), 0U) << "what it kept is still there";
}

TEST(Arena, AlignsInEveryBlock) {
  Arena arena(64);
  for (int i = 0; i < 100; ++i) {
    arena.allocate(1, 1);
    EXPECT_TRUE(is_aligned(arena.allocate(8, 8), 8));
    EXPECT_TRUE(is_aligned(arena.allocate(3, 64), 64));
    EXPECT_TRUE(is_aligned(arena.allocate(1), alignof(std::max_align_t)));
  }
}

TEST(Arena, PiecesDoNotOverlap) {
  Arena arena(128);
  std::vector<std::string_view> copies;
  for (int i = 0; i < 200; ++i) copies.push_back(arena.copy(std::to_string(i)));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(copies[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(Arena, CopyOfNothingIsEmpty) {
  Arena arena;
  EXPECT_TRUE(arena.copy("").empty());
}

TEST(Arena, CarriesStandardContainers) {
  Arena arena(64);
  std::vector<int, ArenaAllocator<int>> numbers{ArenaAllocator<int>(arena)};
  for (int i = 0; i < 1000; ++i) numbers.push_back(i);
  EXPECT_EQ(numbers[999], 999);
  EXPECT_GE(arena.extra_blocks(), 1U);
}

}  // namespace
}  // namespace eventodb::base
