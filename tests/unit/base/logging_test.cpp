#include "base/logging.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace eventodb::base {
namespace {

/// What `log` writes to standard error once logging was started.
template <class Log>
std::string logged(LogLevel level, LogFormat format, Log log) {
  testing::internal::CaptureStderr();
  start_logging(level, format);
  log();
  spdlog::default_logger()->flush();
  return testing::internal::GetCapturedStderr();
}

TEST(Logging, ConsoleLinesHaveTimeLevelAndText) {
  const std::string out =
      logged(LogLevel::kInfo, LogFormat::kConsole, [] { spdlog::info("hello {}", 1); });
  EXPECT_NE(out.find("Z info  hello 1\n"), std::string::npos) << out;
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << "no colours when not on a terminal";
}

TEST(Logging, JsonLinesAreObjectsWithEscapedText) {
  const std::string out =
      logged(LogLevel::kInfo, LogFormat::kJson, [] { spdlog::warn("say \"hi\"\n{}", "next"); });
  EXPECT_EQ(out.find("{\"time\":\"20"), 0U) << out;
  EXPECT_NE(out.find(",\"level\":\"warning\",\"message\":\"say \\\"hi\\\"\\nnext\"}\n"),
            std::string::npos)
      << out;
}

TEST(Logging, TheLevelHidesWhatIsBelow) {
  const auto log_all = [] {
    spdlog::debug("d");
    spdlog::info("i");
    spdlog::warn("w");
    spdlog::error("e");
  };
  const auto lines = [&](LogLevel level) {
    const std::string out = logged(level, LogFormat::kJson, log_all);
    return std::count(out.begin(), out.end(), '\n');
  };
  EXPECT_EQ(lines(LogLevel::kDebug), 4);
  EXPECT_EQ(lines(LogLevel::kInfo), 3);
  EXPECT_EQ(lines(LogLevel::kWarn), 2);
  EXPECT_EQ(lines(LogLevel::kError), 1);
}

TEST(Loggable, EscapesWhatCouldForgeALine) {
  EXPECT_EQ(loggable("plain text ~"), "plain text ~");
  EXPECT_EQ(loggable("a\nb\r\t\x1b[31m"), "a\\x0ab\\x0d\\x09\\x1b[31m");
  EXPECT_EQ(loggable("\xff\xc3\xa9"), "\\xff\\xc3\\xa9");
  EXPECT_EQ(loggable(std::string_view("\0", 1)), "\\x00");
}

TEST(Loggable, IsCutAtFourKibibytes) {
  EXPECT_EQ(loggable(std::string(4096, 'x')).size(), 4096U);
  const std::string cut = loggable(std::string(100'000, '\n'));
  EXPECT_LE(cut.size(), 4096U + 8U);
  EXPECT_TRUE(cut.ends_with("..."));
}

}  // namespace
}  // namespace eventodb::base
