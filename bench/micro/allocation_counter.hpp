#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace eventodb::bench {

/// Calls of malloc, calloc, realloc and operator new in this process so far, on any thread.
std::uint64_t allocation_count();

/// Adds the column "allocs", heap allocations per iteration, to a benchmark. Make one after the
/// benchmark's own preparation and before its loop.
class AllocationCounter {
 public:
  explicit AllocationCounter(benchmark::State& state)
      : state_(state), before_(allocation_count()) {}
  ~AllocationCounter() {
    state_.counters["allocs"] = benchmark::Counter(
        static_cast<double>(allocation_count() - before_), benchmark::Counter::kAvgIterations);
  }
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

 private:
  benchmark::State& state_;
  std::uint64_t before_;
};

}  // namespace eventodb::bench
