#include "profiling/allocation_sampler.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "profiling/profiles.hpp"
#include "unit/profiling/profile_text.hpp"

namespace eventodb::profiling {
namespace {

// 512 samples on average: the estimate is off by more than a third once in 10^13 runs.
constexpr long long kBytes = 512 * kSamplePeriodBytes;

__attribute__((noinline)) void allocate_and_free_in_small_pieces() {
  for (long long done = 0; done < kBytes; done += 1000) {
    void* volatile piece = std::malloc(1000);
    std::free(piece);
  }
}

__attribute__((noinline)) void allocate_and_free_in_large_pieces() {
  for (long long done = 0; done < kBytes; done += 4'000'000) {
    void* volatile piece = std::malloc(4'000'000);
    std::free(piece);
  }
}

void expect_about(long long estimate, long long truth) {
  EXPECT_GT(estimate, truth * 2 / 3);
  EXPECT_LT(estimate, truth * 4 / 3);
}

HeapLine made_by(void (*allocate)(), std::string_view name) {
  const HeapLine before = through(parse_heap_text(AllocationSampler::render()), name);
  std::thread(allocate).join();
  HeapLine after = through(parse_heap_text(AllocationSampler::render()), name);
  after.objects -= before.objects;
  after.bytes -= before.bytes;
  return after;
}

TEST(AllocationSamplerTest, EstimatesWhatSmallAllocationsAddUpTo) {
  const HeapLine made =
      made_by(&allocate_and_free_in_small_pieces, "allocate_and_free_in_small_pieces");
  expect_about(made.bytes, kBytes);
  expect_about(made.objects, kBytes / 1000);
}

TEST(AllocationSamplerTest, CountsAllocationsAboveThePeriodNearlyExactly) {
  const HeapLine made =
      made_by(&allocate_and_free_in_large_pieces, "allocate_and_free_in_large_pieces");
  expect_about(made.bytes, kBytes);
  expect_about(made.objects, kBytes / 4'000'000);
}

TEST(AllocationSamplerTest, HeaderIsTheSumOfTheLines) {
  allocate_and_free_in_small_pieces();
  const HeapText text = parse_heap_text(AllocationSampler::render());
  EXPECT_EQ(text.form, "heapprofile");
  long long bytes = 0;
  for (const HeapLine& line : text.lines) bytes += line.bytes;
  EXPECT_NEAR(static_cast<double>(text.total.bytes), static_cast<double>(bytes),
              static_cast<double>(text.lines.size()));  // each line is rounded
}

}  // namespace
}  // namespace eventodb::profiling
