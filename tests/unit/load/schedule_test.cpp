#include "load/schedule.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace eventodb::load {
namespace {

using namespace std::chrono_literals;

LoadOptions options_with(Mix mix, std::uint32_t streams, double rate) {
  LoadOptions options;
  options.duration = 1s;
  options.mix = mix;
  options.streams = streams;
  options.rate = rate;
  return options;
}

TEST(Schedule, EveryTenthStepAlsoReadsItsStream) {
  Schedule schedule(options_with({.writes = 10, .reads = 1}, 100, 0), 0);
  for (std::uint64_t step = 0; step < 250; ++step) {
    const auto write = schedule.take(5);
    ASSERT_TRUE(write);
    EXPECT_FALSE(write->is_read);
    EXPECT_EQ(write->stream, step % 100);
    EXPECT_EQ(write->serial, step);
    EXPECT_EQ(write->intended_ns, 5);
    if (step % 10 != 9) continue;
    const auto read = schedule.take(5);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->is_read);
    EXPECT_EQ(read->stream, step % 100);
  }
}

TEST(Schedule, PureReadsVisitEveryStream) {
  Schedule schedule(options_with({.writes = 0, .reads = 1}, 3, 0), 0);
  for (const std::uint64_t stream : {0, 1, 2, 0}) {
    const auto read = schedule.take(0);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->is_read);
    EXPECT_EQ(read->stream, stream);
  }
}

TEST(Schedule, GoesOnWhereAnotherRunEnded) {
  LoadOptions options = options_with({.writes = 1, .reads = 0}, 3, 0);
  options.batch = 10;
  options.first_step = 4;
  Schedule schedule(options, 0);
  for (std::uint64_t step = 4; step < 9; ++step) {
    const auto write = schedule.take(0);
    ASSERT_TRUE(write);
    EXPECT_EQ(write->stream, step % 3);
    EXPECT_EQ(write->serial, 10 * step);
  }
}

TEST(Schedule, AScatteredOrderVisitsEveryStreamOnceARound) {
  for (const std::uint32_t streams : {1u, 2u, 3u, 10u, 1000u}) {
    LoadOptions options = options_with({.writes = 0, .reads = 1}, streams, 0);
    options.scattered = true;
    Schedule schedule(options, 0);
    std::vector<bool> visited(streams, false);
    std::uint64_t neighbours = 0;
    std::uint64_t last = 0;
    for (std::uint32_t step = 0; step < streams; ++step) {
      const auto read = schedule.take(0);
      ASSERT_TRUE(read);
      ASSERT_LT(read->stream, streams);
      EXPECT_FALSE(visited[read->stream]) << read->stream << " of " << streams;
      visited[read->stream] = true;
      if (step != 0 && read->stream == last + 1) ++neighbours;
      last = read->stream;
    }
    if (streams >= 10) {
      EXPECT_EQ(neighbours, 0u) << streams;
    }
  }
}

TEST(Schedule, SerialsLeaveRoomForABatch) {
  LoadOptions options = options_with({.writes = 1, .reads = 0}, 2, 0);
  options.batch = 100;
  Schedule schedule(options, 0);
  for (std::uint64_t step = 0; step < 5; ++step) {
    const auto write = schedule.take(0);
    ASSERT_TRUE(write);
    EXPECT_EQ(write->serial, 100 * step);
    EXPECT_EQ(write->stream, step % 2);
  }
}

TEST(Schedule, EndsAfterTheDuration) {
  Schedule schedule(options_with({}, 100, 0), 1000);
  EXPECT_TRUE(schedule.take(1'000'000'999));
  EXPECT_FALSE(schedule.take(1'000'001'000));
  EXPECT_EQ(schedule.not_taken(), 0u);
}

TEST(Schedule, ARateFixesDueTimesWhateverTheCallerDoes) {
  Schedule schedule(options_with({}, 100, 1000), 0);
  EXPECT_TRUE(schedule.open_loop());
  ASSERT_TRUE(schedule.take(0));
  EXPECT_EQ(schedule.next_due_ns(), 1'000'000);
  EXPECT_FALSE(schedule.take(999'999));
  // After a stall of 5 ms what was due meanwhile comes at once, with the times it was due.
  for (std::int64_t due = 1'000'000; due <= 5'000'000; due += 1'000'000) {
    const auto operation = schedule.take(5'000'000);
    ASSERT_TRUE(operation);
    EXPECT_EQ(operation->intended_ns, due);
  }
  EXPECT_FALSE(schedule.take(5'000'000));
  EXPECT_EQ(schedule.not_taken(), 994u);
}

}  // namespace
}  // namespace eventodb::load
