// Ids, digests and times: once or so per request each.

#include <benchmark/benchmark.h>

#include <string>

#include "base/digest.hpp"
#include "base/rfc3339.hpp"
#include "base/uuid.hpp"
#include "micro/allocation_columns.hpp"

namespace eventodb::bench {
namespace {

void BM_MakeUuid(benchmark::State& state) {
  const AllocationColumns allocations(state);
  for (auto _ : state) benchmark::DoNotOptimize(base::make_uuid_v7());
}
BENCHMARK(BM_MakeUuid)->ThreadRange(1, 2);

void BM_ParseUuid(benchmark::State& state) {
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(base::parse_uuid("0193f2a5-7c1e-7f00-8000-000000000001"));
  }
}
BENCHMARK(BM_ParseUuid);

void BM_FormatUuid(benchmark::State& state) {
  const base::Uuid id = base::make_uuid_v7();
  char text[base::kUuidTextBytes];
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    base::format_uuid(id, text);
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(BM_FormatUuid);

void BM_TokenHash(benchmark::State& state) {
  const std::string token = "ns_ZGVmYXVsdA_" + std::string(64, '0');
  benchmark::DoNotOptimize(base::sha256_hex(token));
  const AllocationColumns allocations(state);
  for (auto _ : state) benchmark::DoNotOptimize(base::sha256_hex(token));
}
BENCHMARK(BM_TokenHash);

void BM_ConsumerGroupHash(benchmark::State& state) {
  benchmark::DoNotOptimize(base::md5_prefix("550e8400-e29b-41d4-a716-446655440000"));
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(base::md5_prefix("550e8400-e29b-41d4-a716-446655440000"));
  }
}
BENCHMARK(BM_ConsumerGroupHash);

void BM_FormatTime(benchmark::State& state) {
  const base::Timestamp now = base::wall_clock_now();
  char text[base::kRfc3339BytesMax];
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(base::format_rfc3339(now, text));
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(BM_FormatTime);

}  // namespace
}  // namespace eventodb::bench
