#include "base/memory_figures.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/byte_buffer.hpp"

namespace eventodb::base {
namespace {

constexpr MemoryKind kKind = MemoryKind::kStreamHeads;

TEST(MemoryFiguresTest, HoldsAndReleasesAndRemembersTheHighest) {
  const MemoryFigures before = memory_figures(kKind);
  const std::int64_t far_above = before.bytes_high_water + 1000;
  hold_memory(kKind, 2, far_above - before.bytes);
  hold_memory(kKind, -1, -far_above + before.bytes);

  const MemoryFigures after = memory_figures(kKind);
  EXPECT_EQ(after.count, before.count + 1);
  EXPECT_EQ(after.bytes, before.bytes);
  EXPECT_EQ(after.bytes_high_water, far_above);
}

TEST(MemoryFiguresTest, CountsUsesOfRunningAndEndedThreads) {
  const MemoryFigures before = memory_figures(kKind);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 1000; ++i) count_memory_use(kKind, i % 10 != 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  count_memory_use(kKind, true);
  count_memory_use(kKind, false);

  const MemoryFigures after = memory_figures(kKind);
  EXPECT_EQ(after.hits - before.hits, 4 * 900 + 1);
  EXPECT_EQ(after.misses - before.misses, 4 * 100 + 1);
}

/// Counts a use when it is destroyed: possibly after the thread's counters.
struct UsesAtThreadExit {
  ~UsesAtThreadExit() { count_memory_use(kKind, true); }
};

TEST(MemoryFiguresTest, AUseWhileTheThreadEndsIsHarmless) {
  const MemoryFigures before = memory_figures(kKind);
  std::thread([] {
    static thread_local UsesAtThreadExit last;
    static_cast<void>(&last);
    count_memory_use(kKind, true);
  }).join();
  const MemoryFigures after = memory_figures(kKind);
  EXPECT_GE(after.hits - before.hits, 1u);
  EXPECT_LE(after.hits - before.hits, 2u);
}

TEST(MemoryFiguresTest, ArenasReportBlocksAndWhetherTheFirstWasEnough) {
  const MemoryFigures before = memory_figures(MemoryKind::kArenas);
  {
    Arena arena(1024, 1024);
    arena.allocate(100);
    arena.reset();
    arena.allocate(5000);
    EXPECT_GE(memory_figures(MemoryKind::kArenas).bytes - before.bytes, 1024 + 5000);
    arena.reset();
    const MemoryFigures during = memory_figures(MemoryKind::kArenas);
    EXPECT_EQ(during.count - before.count, 1);
    EXPECT_EQ(during.bytes - before.bytes, 1024);
    EXPECT_EQ(during.hits - before.hits, 1u);
    EXPECT_EQ(during.misses - before.misses, 1u);
  }
  EXPECT_EQ(memory_figures(MemoryKind::kArenas).bytes, before.bytes);
  EXPECT_EQ(memory_figures(MemoryKind::kArenas).count, before.count);
}

TEST(MemoryFiguresTest, ArenasReportTheBlockTheyKept) {
  const MemoryFigures before = memory_figures(MemoryKind::kArenas);
  {
    Arena arena(1024, 8192);
    arena.allocate(5000);
    arena.reset();
    const auto kept = memory_figures(MemoryKind::kArenas).bytes - before.bytes;
    EXPECT_GE(kept, 5000);
    EXPECT_LE(kept, 8192);
    arena.allocate(5000);
    EXPECT_EQ(memory_figures(MemoryKind::kArenas).bytes - before.bytes, kept);
  }
  EXPECT_EQ(memory_figures(MemoryKind::kArenas).bytes, before.bytes);
}

TEST(MemoryFiguresTest, BuffersReportMemoryGrowthAndReuse) {
  const MemoryFigures before = memory_figures(MemoryKind::kByteBuffers);
  {
    ByteBuffer buffer(1000);
    buffer.append("some bytes");
    buffer.clear();
    buffer.reserve(5000);
    ByteBuffer moved(std::move(buffer));
    const MemoryFigures during = memory_figures(MemoryKind::kByteBuffers);
    EXPECT_EQ(during.count - before.count, 1);
    EXPECT_GE(during.bytes - before.bytes, 5000);
    EXPECT_EQ(during.hits - before.hits, 1u);
    EXPECT_EQ(during.misses - before.misses, 2u);
  }
  EXPECT_EQ(memory_figures(MemoryKind::kByteBuffers).bytes, before.bytes);
  EXPECT_EQ(memory_figures(MemoryKind::kByteBuffers).count, before.count);
}

TEST(MemoryFiguresTest, EveryKindHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < detail::kMemoryKinds; ++i) {
    names.insert(memory_kind_name(static_cast<MemoryKind>(i)));
  }
  EXPECT_EQ(names.size(), detail::kMemoryKinds);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace eventodb::base
