#pragma once

#include <cstdint>
#include <utility>

/// Counts what a piece of code does to the heap: malloc and its family and with them operator new;
/// under a sanitizer, which owns malloc, operator new alone. For programs that link
/// eventodb_allocation_counter.
namespace eventodb::test {

struct AllocationCounts {
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;  ///< as asked for
  std::uint64_t frees = 0;

  friend AllocationCounts operator-(const AllocationCounts& a, const AllocationCounts& b) {
    return {a.allocations - b.allocations, a.bytes - b.bytes, a.frees - b.frees};
  }
};

/// Of the calling thread so far.
AllocationCounts allocation_counts();

/// The same, allocations alone.
inline std::uint64_t allocations_of_this_thread() {
  return allocation_counts().allocations;
}

/// What `code()` did on this thread.
template <class Code>
AllocationCounts count_allocations(Code&& code) {
  const AllocationCounts before = allocation_counts();
  std::forward<Code>(code)();
  return allocation_counts() - before;
}

}  // namespace eventodb::test
