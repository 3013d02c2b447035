#include "load/load_report.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/server_process.hpp"

namespace eventodb::load {
namespace {

/// 90 writes of 1 ms and 10 reads of 50 ms in two seconds.
LoadResult sample() {
  LoadResult result;
  result.writes = 90;
  result.reads = 10;
  result.seconds = 2;
  for (int i = 0; i < 90; ++i) result.latency.record(1'000'000);
  for (int i = 0; i < 10; ++i) result.latency.record(50'000'000);
  return result;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LoadReport, TheProgressLineTellsOfTheLastInterval) {
  LoadResult so_far = sample();
  so_far.errors = 3;
  LatencyHistogram interval;
  for (int i = 0; i < 7; ++i) interval.record(2'000'000);
  EXPECT_EQ(progress_line(12, so_far, interval),
            "  12s          7 ops/s  p50   2.000 ms  p99   2.000 ms  total 100  errors 3\n");
}

TEST(LoadReport, TheSummaryHasEveryFigure) {
  const std::string text = summary(sample());
  EXPECT_TRUE(holds(text, "operations   100 (90 writes, 10 reads) in 2.00 s\n")) << text;
  EXPECT_TRUE(holds(text, "throughput   50 ops/s\n")) << text;
  EXPECT_TRUE(holds(text, "mean 5.900 ")) << text;
  EXPECT_TRUE(holds(text, "max 50.000\n")) << text;
  EXPECT_TRUE(holds(text, "errors       0\n")) << text;
  EXPECT_FALSE(holds(text, "first error")) << text;
  EXPECT_FALSE(holds(text, "not sent")) << text;
}

TEST(LoadReport, TheSummarySaysWhatWentWrong) {
  LoadResult result = sample();
  result.errors = 2;
  result.first_error = "HTTP status 503: too much";
  result.not_sent = 9;
  const std::string text = summary(result);
  EXPECT_TRUE(holds(text, "errors       2\nfirst error  HTTP status 503: too much\n")) << text;
  EXPECT_TRUE(holds(text, "not sent     9 were due")) << text;
}

TEST(LoadReport, ResultsAreWrittenIntoADirectoryThatIsMade) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(write_results(sample(), directory.path() + "/a/b"), "");
  std::ostringstream text;
  text << std::ifstream(directory.path() + "/a/b/load-test-results.json").rdbuf();
  EXPECT_TRUE(holds(text.str(), "\"duration_s\": 2.000000,\n  \"total_ops\": 100,")) << text.str();
  EXPECT_TRUE(holds(text.str(), "\"avg_latency_ms\": 5.900000,")) << text.str();
  EXPECT_TRUE(holds(text.str(), "\"max_ms\": 50.000000,\n  \"not_sent\": 0\n}\n")) << text.str();
}

TEST(LoadReport, ADirectoryThatCannotBeMadeIsAnError) {
  const test::TemporaryDirectory directory;
  std::ofstream(directory.path() + "/file") << "x";
  const std::string trouble = write_results(sample(), directory.path() + "/file/below");
  EXPECT_EQ(trouble.find("cannot make " + directory.path() + "/file/below: "), 0U) << trouble;
}

}  // namespace
}  // namespace eventodb::load
