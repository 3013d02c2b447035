#pragma once

#include <benchmark/benchmark.h>

#include "support/allocation_counter.hpp"

namespace eventodb::bench {

/// Adds to a benchmark what it does to the heap per iteration: "allocs", "alloc_bytes", "frees".
/// Make one after the benchmark's own preparation and before its loop.
class AllocationColumns {
 public:
  explicit AllocationColumns(benchmark::State& state)
      : state_(state), before_(test::allocation_counts()) {}
  ~AllocationColumns() {
    const test::AllocationCounts counts = test::allocation_counts() - before_;
    set("allocs", counts.allocations);
    set("alloc_bytes", counts.bytes);
    set("frees", counts.frees);
  }
  AllocationColumns(const AllocationColumns&) = delete;
  AllocationColumns& operator=(const AllocationColumns&) = delete;

 private:
  void set(const char* column, std::uint64_t value) {
    state_.counters[column] =
        benchmark::Counter(static_cast<double>(value), benchmark::Counter::kAvgIterations);
  }

  benchmark::State& state_;
  test::AllocationCounts before_;
};

/// Runs `body` as the benchmark's loop, once before it to warm up what is reused.
template <class Body>
void measure(benchmark::State& state, Body body) {
  body();
  const AllocationColumns columns(state);
  for (auto _ : state) body();
}

}  // namespace eventodb::bench
