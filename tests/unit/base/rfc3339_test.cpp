#include "base/rfc3339.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace eventodb::base {
namespace {

std::string format(std::int64_t us) {
  char text[kRfc3339BytesMax];
  return {text, format_rfc3339(Timestamp{us}, text)};
}

std::int64_t parse(std::string_view text) {
  const auto time = parse_rfc3339(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time ? time->us : -1;
}

TEST(Rfc3339, WritesSixDigitsWithoutTrailingZeros) {
  EXPECT_EQ(format(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format(1), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format(500'000), "1970-01-01T00:00:00.5Z");
  EXPECT_EQ(format(1'736'935'200'120'000), "2025-01-15T10:00:00.12Z");
  EXPECT_EQ(format(951'782'399'999'999), "2000-02-28T23:59:59.999999Z");
}

TEST(Rfc3339, WritesTimesBeforeTheEpoch) {
  EXPECT_EQ(format(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format(-62'135'596'800'000'000), "0001-01-01T00:00:00Z");
}

TEST(Rfc3339, WritesTheRightDateWhereDaysMeet) {
  constexpr std::int64_t kMidnight = 1'740'787'200'000'000;  // 2025-03-01T00:00:00Z
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(format(kMidnight - 1), "2025-02-28T23:59:59.999999Z");
    EXPECT_EQ(format(kMidnight), "2025-03-01T00:00:00Z");
  }
  EXPECT_EQ(format(-86'400'000'000), "1969-12-31T00:00:00Z");
  EXPECT_EQ(format(-86'400'000'001), "1969-12-30T23:59:59.999999Z");
  EXPECT_EQ(format(0), "1970-01-01T00:00:00Z");
}

TEST(Rfc3339, ExtremesFitTheBuffer) {
  EXPECT_LE(format(std::numeric_limits<std::int64_t>::max()).size(), kRfc3339BytesMax);
  EXPECT_LE(format(std::numeric_limits<std::int64_t>::min()).size(), kRfc3339BytesMax);
}

TEST(Rfc3339, ReadsEveryOffsetAndFraction) {
  const std::int64_t noon = 1'736'942'400'000'000;  // 2025-01-15T12:00:00Z
  EXPECT_EQ(parse("2025-01-15T12:00:00Z"), noon);
  EXPECT_EQ(parse("2025-01-15t12:00:00z"), noon);
  EXPECT_EQ(parse("2025-01-15T13:30:00+01:30"), noon);
  EXPECT_EQ(parse("2025-01-14T23:00:00-13:00"), noon);
  EXPECT_EQ(parse("2025-01-15T12:00:00.1Z"), noon + 100'000);
  EXPECT_EQ(parse("2025-01-15T12:00:00.123456Z"), noon + 123'456);
  EXPECT_EQ(parse("2025-01-15T12:00:00.123456999Z"), noon + 123'456);
  EXPECT_EQ(parse("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(parse("2016-12-31T23:59:60Z"), parse("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, RefusesImpossibleDatesAndOtherForms) {
  for (const auto* text : {"",
                           "2025-01-15",
                           "2025-01-15T12:00:00",
                           "2025-01-15 12:00:00Z",
                           "2025-1-15T12:00:00Z",
                           "2025-13-01T00:00:00Z",
                           "2025-00-01T00:00:00Z",
                           "2025-02-29T00:00:00Z",
                           "2025-04-31T00:00:00Z",
                           "2025-01-00T00:00:00Z",
                           "2025-01-15T24:00:00Z",
                           "2025-01-15T12:60:00Z",
                           "2025-01-15T12:00:61Z",
                           "2025-01-15T12:00:00.Z",
                           "2025-01-15T12:00:00+1:00",
                           "2025-01-15T12:00:00+0100",
                           "2025-01-15T12:00:00+24:00",
                           "2025-01-15T12:00:00+01:60",
                           "2025-01-15T12:00:00Zx",
                           "x2025-01-15T12:00:00Z",
                           "12025-01-15T12:00:00Z",
                           "2025-01-15T12:00:00.1a"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Rfc3339, LeapDaysOfCenturies) {
  EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(parse_rfc3339("1900-02-29T00:00:00Z").has_value());
}

TEST(Rfc3339, WhatIsWrittenIsReadBack) {
  // Steps of about 11 days and a prime number of microseconds over years 1 to 9999.
  for (std::int64_t us = -62'135'596'800'000'000; us < 253'402'300'800'000'000;
       us += 999'999'999'989 * 97) {
    ASSERT_EQ(parse(format(us)), us);
  }
}

TEST(Rfc3339, TheClockIsInThisCentury) {
  EXPECT_GT(wall_clock_now().us, parse("2024-01-01T00:00:00Z"));
  EXPECT_LT(wall_clock_now().us, parse("2100-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace eventodb::base
