#include "base/memory_figures.hpp"

#include <mutex>
#include <set>

namespace eventodb::base {
namespace detail {

constinit thread_local UseCounters* use_counters = nullptr;

}  // namespace detail

namespace {

struct Gauge {
  std::atomic<std::int64_t> count{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> high_water{0};
};
constinit Gauge gauges[detail::kMemoryKinds];

/// The counters of running threads, and the sums of those that ended. Never destroyed, because
/// threads may end after main returned.
struct Registry {
  std::mutex mutex;
  std::set<detail::UseCounters*> running;
  std::uint64_t ended_hits[detail::kMemoryKinds]{};
  std::uint64_t ended_misses[detail::kMemoryKinds]{};
};
Registry& registry() {
  static auto* const the_registry = new Registry;
  return *the_registry;
}

struct Registration {
  detail::UseCounters counters;

  Registration() {
    const std::lock_guard lock(registry().mutex);
    registry().running.insert(&counters);
  }
  ~Registration() {
    // Uses by later destructors of this thread go to a spare that nobody reads.
    static detail::UseCounters spare;
    detail::use_counters = &spare;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    all.running.erase(&counters);
    for (std::size_t i = 0; i < detail::kMemoryKinds; ++i) {
      all.ended_hits[i] += counters.hits[i].load(std::memory_order_relaxed);
      all.ended_misses[i] += counters.misses[i].load(std::memory_order_relaxed);
    }
  }
};

}  // namespace

detail::UseCounters& detail::make_use_counters() {
  thread_local Registration mine;
  use_counters = &mine.counters;
  return mine.counters;
}

std::string_view memory_kind_name(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::kArenas:
      return "arenas";
    case MemoryKind::kByteBuffers:
      return "byteBuffers";
    case MemoryKind::kAccessCaches:
      return "accessCaches";
    case MemoryKind::kMessageBlocks:
      return "messageBlocks";
    case MemoryKind::kNames:
      return "names";
    case MemoryKind::kStreamHeads:
      return "streamHeads";
    case MemoryKind::kMessageCache:
      return "messageCache";
    case MemoryKind::kCount:
      break;
  }
  return "";
}

void hold_memory(MemoryKind kind, std::int64_t count, std::int64_t bytes) noexcept {
  Gauge& gauge = gauges[static_cast<std::size_t>(kind)];
  if (count != 0) gauge.count.fetch_add(count, std::memory_order_relaxed);
  const std::int64_t held = gauge.bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::int64_t highest = gauge.high_water.load(std::memory_order_relaxed);
  while (held > highest &&
         !gauge.high_water.compare_exchange_weak(highest, held, std::memory_order_relaxed)) {
  }
}

MemoryFigures memory_figures(MemoryKind kind) {
  const auto i = static_cast<std::size_t>(kind);
  MemoryFigures figures;
  figures.count = gauges[i].count.load(std::memory_order_relaxed);
  figures.bytes = gauges[i].bytes.load(std::memory_order_relaxed);
  figures.bytes_high_water = gauges[i].high_water.load(std::memory_order_relaxed);
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  figures.hits = all.ended_hits[i];
  figures.misses = all.ended_misses[i];
  for (const detail::UseCounters* counters : all.running) {
    figures.hits += counters->hits[i].load(std::memory_order_relaxed);
    figures.misses += counters->misses[i].load(std::memory_order_relaxed);
  }
  return figures;
}

}  // namespace eventodb::base
