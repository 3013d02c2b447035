// Look-ups of ids that are not stored, in what the index of ten million ids keeps in memory.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "micro/allocation_columns.hpp"
#include "store/sqlite/sqlite_id_search.hpp"
#include "store/sqlite/sqlite_id_segments.hpp"

namespace eventodb::bench {
namespace {

using namespace store::sqlite;

/// Ids of each segment as scripts/bench-ids.sh leaves them, to the nearest thousand: those of tiers
/// that wait for their fourth, four that are being merged, and two steps.
constexpr std::size_t kSegmentIds[] = {3'006'000, 3'004'000, 2'883'000, 730'000, 187'000, 47'000,
                                       47'000,    47'000,    47'000,    12'000,  6'000};

/// Version 4, or version 7 of one after the other.
class IdSource {
 public:
  explicit IdSource(bool is_random) : is_random_(is_random) {}

  IdKey next() {
    ++serial_;
    const std::uint64_t low = random_() >> 2 | std::uint64_t{1} << 63;
    return {is_random_ ? random_() : serial_ << 8, low};
  }

 private:
  bool is_random_;
  std::mt19937_64 random_{1};
  std::uint64_t serial_ = 0x0193'f2a5'7c1e'00;
};

std::unique_ptr<const IdPart> make_part(std::span<const IdKey> ids) {
  auto part = std::make_unique<IdPart>();
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % IdShape{}.page_ids == 0) part->pages.push_back({ids[i], 1});
    hashes.push_back(IdFilter::hash(ids[i]));
  }
  part->last = ids.back();
  part->id_count = static_cast<std::int64_t>(ids.size());
  part->filter = IdFilter(hashes);
  return part;
}

std::shared_ptr<const IdSegment> make_segment(IdSource& source, std::size_t count) {
  std::vector<IdKey> ids(count);
  for (IdKey& id : ids) id = source.next();
  std::sort(ids.begin(), ids.end());
  auto segment = std::make_shared<IdSegment>();
  constexpr std::size_t kPartIds = IdShape{}.page_ids * IdShape{}.part_pages;
  for (std::size_t at = 0; at < count; at += kPartIds) {
    segment->add(make_part(std::span(ids).subspan(at, std::min(kPartIds, count - at))));
  }
  return segment;
}

/// Ten million ids, and some that came after them.
struct Store {
  explicit Store(bool is_random) {
    IdSource source(is_random);
    std::vector<std::shared_ptr<const IdSegment>> segments;
    for (const std::size_t count : kSegmentIds) segments.push_back(make_segment(source, count));
    directory = std::make_shared<IdDirectory>(std::move(segments));
    for (IdKey& id : new_ids) id = source.next();
  }

  std::shared_ptr<const IdDirectory> directory;
  std::vector<IdKey> new_ids = std::vector<IdKey>(1 << 16);
};

/// Made once, since that takes seconds.
const Store& store_of(bool is_random) {
  static std::unique_ptr<const Store> stores[2];
  auto& store = stores[is_random ? 1 : 0];
  if (!store) store = std::make_unique<const Store>(is_random);
  return *store;
}

/// arg 0: whether the ids are random. arg 1: how many are looked up together.
void BM_FindNewIds(benchmark::State& state) {
  const Store& store = store_of(state.range(0) != 0);
  const auto& ids = store.new_ids;
  const auto together = static_cast<std::size_t>(state.range(1));
  IdSearch search;
  std::size_t at = 0;
  std::size_t found = 0;
  {
    const AllocationColumns allocations(state);
    for (auto _ : state) {
      if (at + together > ids.size()) at = 0;
      search.clear();
      for (std::size_t i = 0; i < together; ++i) search.add(ids[at++]);
      search.run(store.directory);
      for (std::size_t i = 0; i < together; ++i) found += search.pages_of(i).size();
    }
  }
  const auto looked_up = static_cast<double>(state.iterations()) * static_cast<double>(together);
  state.counters["ns_per_id"] = benchmark::Counter(
      looked_up / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["pages_per_1000"] = 1000 * static_cast<double>(found) / looked_up;
}
BENCHMARK(BM_FindNewIds)->ArgNames({"random", "together"})->ArgsProduct({{0, 1}, {1, 100}});

}  // namespace
}  // namespace eventodb::bench
