#include <gtest/gtest.h>

#include <cstdlib>

#include "profiling/allocation_sampler.hpp"
#include "profiling/profiles.hpp"
#include "unit/profiling/profile_text.hpp"

// Fills the process's one table for good, so it is a program of its own.
namespace eventodb::profiling {
namespace {

constexpr std::size_t kPieceBytes = 4 * kSamplePeriodBytes;

// Each turn on the recursion makes another stack, far more than the table holds.
// NOLINTNEXTLINE(misc-no-recursion)
__attribute__((noinline)) void allocate_at_path(unsigned path, int steps) {
  if (steps == 0) {
    void* volatile piece = std::malloc(kPieceBytes);
    std::free(piece);
    return;
  }
  if ((path & 1) != 0) {
    allocate_at_path(path >> 1, steps - 1);
    asm volatile("");  // the two calls must stay two places
  } else {
    allocate_at_path(path >> 1, steps - 1);
    asm volatile("nop");
  }
}

TEST(AllocationTableFullTest, StacksBeyondTheTableAreCountedWithoutAStack) {
  constexpr unsigned kPaths = 1 << 13;
  for (unsigned path = 0; path < kPaths; ++path) allocate_at_path(path, 13);

  const HeapText text = parse_heap_text(AllocationSampler::render());
  EXPECT_LE(text.lines.size(), 4097u);
  ASSERT_FALSE(text.lines.empty());
  EXPECT_TRUE(text.lines.back().stack.empty());
  EXPECT_GT(text.lines.back().bytes, 0);
  EXPECT_GT(text.total.bytes, static_cast<long long>(kPaths * kPieceBytes) * 2 / 3);
}

}  // namespace
}  // namespace eventodb::profiling
