#include "support/allocation_counter.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <thread>

namespace eventodb::test {
namespace {

// Keeps the compiler from leaving out an allocation nobody looks at.
char* volatile seen = nullptr;

TEST(AllocationCounterTest, CountsAllocationsBytesAndFrees) {
  std::unique_ptr<char[]> kept;
  const AllocationCounts counts = count_allocations([&] {
    kept.reset(new char[1000]);
    seen = kept.get();
    void* volatile gone = ::operator new(24);
    ::operator delete(gone);
  });
  EXPECT_EQ(counts.allocations, 2u);
  EXPECT_EQ(counts.bytes, 1024u);
  EXPECT_EQ(counts.frees, 1u);
}

TEST(AllocationCounterTest, CodeWithoutAllocationsCountsNothing) {
  std::string reused(1000, 'x');
  const AllocationCounts counts = count_allocations([&] {
    reused.clear();
    reused.append(500, 'y');
  });
  EXPECT_EQ(counts.allocations, 0u);
  EXPECT_EQ(counts.bytes, 0u);
  EXPECT_EQ(counts.frees, 0u);
}

TEST(AllocationCounterTest, OtherThreadsDoNotCount) {
  const AllocationCounts before = allocation_counts();
  AllocationCounts theirs;
  std::thread other(
      [&] { theirs = count_allocations([] { ::operator delete(::operator new(100'000)); }); });
  other.join();
  EXPECT_EQ(theirs.bytes, 100'000u);
  EXPECT_LT((allocation_counts() - before).bytes, 100'000u);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST(AllocationCounterTest, CountsTheWholeFamily) {
  const AllocationCounts counts = count_allocations([] {
    void* volatile a = std::malloc(10);
    void* volatile b = std::calloc(2, 10);
    b = std::realloc(b, 30);
    void* volatile c = std::aligned_alloc(64, 64);
    void* d = nullptr;
    ASSERT_EQ(posix_memalign(&d, 64, 50), 0);
    std::free(a);
    std::free(b);
    std::free(c);
    std::free(d);
    std::free(nullptr);
  });
  EXPECT_EQ(counts.allocations, 5u);
  EXPECT_EQ(counts.bytes, 10u + 20u + 30u + 64u + 50u);
  EXPECT_EQ(counts.frees, 5u);
}

#endif

}  // namespace
}  // namespace eventodb::test
