#include "load/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace eventodb::load {
namespace {

TEST(LatencyHistogram, NothingRecordedIsZero) {
  const LatencyHistogram latency;
  EXPECT_EQ(latency.count(), 0u);
  EXPECT_EQ(latency.mean_ns(), 0);
  EXPECT_EQ(latency.percentile_ns(99), 0);
  EXPECT_EQ(latency.max_ns(), 0);
}

TEST(LatencyHistogram, SmallValuesAreExact) {
  LatencyHistogram latency;
  for (int ns = 1; ns <= 100; ++ns) latency.record(ns);
  EXPECT_EQ(latency.count(), 100u);
  EXPECT_DOUBLE_EQ(latency.mean_ns(), 50.5);
  EXPECT_EQ(latency.percentile_ns(50), 50);
  EXPECT_EQ(latency.percentile_ns(99), 99);
  EXPECT_EQ(latency.percentile_ns(99.9), 100);
  EXPECT_EQ(latency.percentile_ns(100), 100);
}

TEST(LatencyHistogram, LargeValuesAreWithinOnePart128) {
  for (std::int64_t ns = 100; ns < std::int64_t{1} << 50; ns = ns * 3 / 2 + 1) {
    LatencyHistogram latency;
    latency.record(ns);
    latency.record(std::numeric_limits<std::int64_t>::max());  // so that the maximum cuts nothing
    const std::int64_t p50 = latency.percentile_ns(50);
    EXPECT_GE(p50, ns);
    EXPECT_LE(p50 - ns, ns / 128);
  }
}

TEST(LatencyHistogram, PercentilesOfASteadyRamp) {
  LatencyHistogram latency;
  for (std::int64_t us = 1; us <= 10'000; ++us) latency.record(us * 1000);
  EXPECT_NEAR(static_cast<double>(latency.percentile_ns(50)), 5e6, 5e6 / 128);
  EXPECT_NEAR(static_cast<double>(latency.percentile_ns(95)), 9.5e6, 9.5e6 / 128);
  EXPECT_NEAR(static_cast<double>(latency.percentile_ns(99.9)), 9.99e6, 9.99e6 / 128);
  EXPECT_EQ(latency.percentile_ns(100), 10'000'000);
  EXPECT_EQ(latency.max_ns(), 10'000'000);
}

TEST(LatencyHistogram, NoPercentileExceedsTheMaximum) {
  LatencyHistogram latency;
  latency.record(1'000'001);
  EXPECT_EQ(latency.percentile_ns(50), 1'000'001);
  EXPECT_EQ(latency.percentile_ns(99.9), 1'000'001);
}

TEST(LatencyHistogram, TakesTheEndsOfTheRange) {
  LatencyHistogram latency;
  latency.record(-5);
  EXPECT_EQ(latency.percentile_ns(100), 0);
  latency.record(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(latency.max_ns(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(latency.percentile_ns(100), std::numeric_limits<std::int64_t>::max());
}

TEST(LatencyHistogram, ClearForgets) {
  LatencyHistogram latency;
  latency.record(1000);
  latency.clear();
  EXPECT_EQ(latency.count(), 0u);
  EXPECT_EQ(latency.percentile_ns(50), 0);
}

}  // namespace
}  // namespace eventodb::load
