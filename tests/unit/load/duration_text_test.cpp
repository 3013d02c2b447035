#include "load/duration_text.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace eventodb::load {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsWhatGoWrites) {
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("2h3m4s5ms"), 2h + 3min + 4s + 5ms);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("250µs"), 250us);
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ParseDuration, PlainNumbersAreSeconds) {
  EXPECT_EQ(parse_duration("10"), 10s);
  EXPECT_EQ(parse_duration("0.5"), 500ms);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", " ", "s", "-1s", "+1s", "10x", "10 s", "1m30", "10s5", "1e3s", "inf",
                           "nan", "10ss", "s10", "99999999999h", "9000h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace eventodb::load
