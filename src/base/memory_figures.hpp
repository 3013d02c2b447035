#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What the program's own pools and caches hold, for /debug/memstats. Each kind has one gauge for
/// the whole process; whoever owns memory of a kind reports to it. Holding and releasing cost an
/// atomic operation and belong where memory really changes hands; a use costs a plain increment of
/// the thread's own counter and may stand on the hot path.
namespace eventodb::base {

enum class MemoryKind : std::uint8_t {
  kArenas,         // scratch memory of requests; a hit when the first block was enough
  kByteBuffers,    // requests and answers; a hit when used memory is used again, a miss for growth
  kAccessCaches,   // the last authentication of each connection
  kMessageBlocks,  // messages in memory; a hit when a block was kept for its next use
  kNames,          // interned names of streams and categories in memory; a use is an append
  kStreamHeads,    // versions of recently written or read streams of file stores
  kMessageCache,   // messages of file stores that are read again and again; a use is a message
  kCount
};

struct MemoryFigures {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  std::int64_t bytes_high_water = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

/// The kind's key in /debug/memstats.
std::string_view memory_kind_name(MemoryKind kind);

/// Adds to what is held; negative numbers release. Any thread.
void hold_memory(MemoryKind kind, std::int64_t count, std::int64_t bytes) noexcept;

/// As of now. Figures of running threads are read without stopping them.
MemoryFigures memory_figures(MemoryKind kind);

namespace detail {

inline constexpr std::size_t kMemoryKinds = static_cast<std::size_t>(MemoryKind::kCount);

/// Uses counted by one thread: it alone writes, everybody may read.
struct UseCounters {
  std::atomic<std::uint64_t> hits[kMemoryKinds]{};
  std::atomic<std::uint64_t> misses[kMemoryKinds]{};
};

extern constinit thread_local UseCounters* use_counters;
/// Registers the calling thread.
UseCounters& make_use_counters();

inline void increment(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace detail

/// Counts one use of a pool or cache.
inline void count_memory_use(MemoryKind kind, bool hit) {
  detail::UseCounters& mine =
      detail::use_counters != nullptr ? *detail::use_counters : detail::make_use_counters();
  const auto i = static_cast<std::size_t>(kind);
  detail::increment(hit ? mine.hits[i] : mine.misses[i]);
}

}  // namespace eventodb::base
