#include "profiling/allocation_sampler.hpp"

#include <gperftools/malloc_hook_c.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <span>

namespace eventodb::profiling {
namespace {

constexpr std::size_t kFramesMax = 48;
constexpr std::size_t kStacksMax = 4096;  // a power of two; 1.7 MB, touched as it fills

struct StackCount {
  std::size_t depth = 0;  // 0: free
  std::array<void*, kFramesMax> frames;
  double allocations = 0;
  double bytes = 0;
};

std::mutex table_mutex;
StackCount table[kStacksMax];
StackCount without_room;
std::size_t stacks_used = 0;  // all four guarded by table_mutex

std::atomic<std::int64_t> period{0};

struct ThreadSampler {
  std::int64_t bytes_left = 0;
  std::uint64_t random = 0;
  bool inside = false;  // taking a sample, which may itself allocate, or reading the table
};
constinit thread_local ThreadSampler sampler;

/// An exponentially distributed distance, so that no rhythm of the program can hide from it.
std::int64_t next_distance(ThreadSampler& mine, std::int64_t average) {
  if (mine.random == 0) {
    mine.random = reinterpret_cast<std::uintptr_t>(&mine) * 0x9e3779b97f4a7c15ULL | 1;
  }
  mine.random ^= mine.random << 13;  // xorshift64
  mine.random ^= mine.random >> 7;
  mine.random ^= mine.random << 17;
  const double uniform = (static_cast<double>(mine.random >> 11) + 1) * 0x1p-53;  // (0, 1]
  return static_cast<std::int64_t>(-std::log(uniform) * static_cast<double>(average)) + 1;
}

std::size_t hash_of(std::span<void* const> frames) {
  std::uint64_t hash = frames.size();
  for (void* frame : frames) {
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(frame)) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return static_cast<std::size_t>(hash);
}

/// The stack's line of the table. REQUIRES: table_mutex is held.
StackCount& line_of(std::span<void* const> frames) {
  for (std::size_t i = hash_of(frames);; ++i) {
    StackCount& line = table[i % kStacksMax];
    if (line.depth == 0) {
      if (frames.empty() || stacks_used >= kStacksMax * 3 / 4) return without_room;
      ++stacks_used;
      line.depth = frames.size();
      std::copy(frames.begin(), frames.end(), line.frames.begin());
      return line;
    }
    if (std::equal(frames.begin(), frames.end(), line.frames.begin(),
                   line.frames.begin() + line.depth)) {
      return line;
    }
  }
}

void take_sample(ThreadSampler& mine, std::size_t size) {
  const std::int64_t average = period.load(std::memory_order_relaxed);
  const bool first = mine.random == 0;  // a thread's first distance begins at its first allocation
  mine.bytes_left = next_distance(mine, average);
  if (first) return;
  std::array<void*, kFramesMax> frames;
  const int depth = MallocHook_GetCallerStackTrace(frames.data(), kFramesMax, 0);
  // An allocation of this size is met with this chance, so it stands for 1 / chance of them.
  const double chance = -std::expm1(-static_cast<double>(size) / static_cast<double>(average));
  const std::lock_guard lock(table_mutex);
  StackCount& line = line_of({frames.data(), static_cast<std::size_t>(std::max(depth, 0))});
  line.allocations += 1 / chance;
  line.bytes += static_cast<double>(size) / chance;
}

void on_allocation(const void*, std::size_t size) {
  ThreadSampler& mine = sampler;
  mine.bytes_left -= static_cast<std::int64_t>(size);
  if (mine.bytes_left > 0) [[likely]]
    return;
  if (mine.inside || size == 0) return;
  mine.inside = true;
  take_sample(mine, size);
  mine.inside = false;
}

void append_counts(std::string& out, double allocations, double bytes) {
  std::array<char, 128> text;
  const long long n = std::llround(allocations);
  const long long b = std::llround(bytes);
  const int length =
      std::snprintf(text.data(), text.size(), "%6lld: %8lld [%6lld: %8lld] @", n, b, n, b);
  out.append(text.data(), static_cast<std::size_t>(length));
}

void append_line(std::string& out, const StackCount& line) {
  append_counts(out, line.allocations, line.bytes);
  std::array<char, 32> text;
  for (std::size_t i = 0; i < line.depth; ++i) {
    const int length = std::snprintf(text.data(), text.size(), " %p", line.frames[i]);
    out.append(text.data(), static_cast<std::size_t>(length));
  }
  out += '\n';
}

}  // namespace

void AllocationSampler::start(std::int64_t period_bytes) {
  std::int64_t off = 0;
  if (period_bytes <= 0 || !period.compare_exchange_strong(off, period_bytes)) return;
  MallocHook_AddNewHook(&on_allocation);
}

std::string AllocationSampler::render() {
  std::string body;
  double allocations = 0;
  double bytes = 0;
  sampler.inside = true;  // the text grows under the lock
  {
    const std::lock_guard lock(table_mutex);
    for (const StackCount* line = table; line != table + kStacksMax; ++line) {
      if (line->depth == 0) continue;
      append_line(body, *line);
      allocations += line->allocations;
      bytes += line->bytes;
    }
    if (without_room.allocations > 0) {
      append_line(body, without_room);
      allocations += without_room.allocations;
      bytes += without_room.bytes;
    }
  }
  sampler.inside = false;
  std::string profile = "heap profile: ";
  append_counts(profile, allocations, bytes);
  return profile + " heapprofile\n" + body;
}

}  // namespace eventodb::profiling
