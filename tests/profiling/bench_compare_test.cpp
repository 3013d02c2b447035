#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <string>

#include "profiling/shell.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

const std::string kBuild = EVENTODB_BUILD_DIR;

/// Two short rounds of the build in the directory against the one under test.
ShellResult compare_with(const std::string& before, const std::string& modes) {
  return run_shell(script("bench-compare.sh") + " --before " + before + " --after " + kBuild +
                   " --build-dir " + kBuild + " --rounds 2 --duration 300ms --workers 4 --modes '" +
                   modes + "'");
}

/// "before → after" is that, with more than nothing on both sides.
void expect_above_zero(const std::string& cell) {
  const std::string arrow = " → ";
  const std::size_t at = cell.find(arrow);
  ASSERT_NE(at, std::string::npos) << cell;
  EXPECT_GT(std::atof(cell.c_str()), 0) << cell;
  EXPECT_GT(std::atof(cell.c_str() + at + arrow.size()), 0) << cell;
}

TEST(BenchCompare, PrintsRatesRatiosAndTheCpuOfEachKindOfThread) {
  const auto compared = compare_with(kBuild, "memory disk");
  ASSERT_EQ(compared.status, 0) << compared.output;
  const std::string pair = R"(([0-9.]+ → [0-9.]+))";
  const std::string ratio = R"([0-9.]+ \([0-9.]+\.\.[0-9.]+\))";
  for (const std::string mode : {"memory", "disk"}) {
    const std::regex row(R"(\| )" + mode + R"( \| write \| 4 \| )" + pair + R"( \| )" + ratio +
                         R"( \| )" + pair + R"( \| )" + pair + R"( \| )" + pair + R"( \| )" + pair +
                         R"( \| )" + pair + R"( \| )" + pair + R"( \|)");
    std::smatch cells;
    ASSERT_TRUE(std::regex_search(compared.output, cells, row)) << mode << "\n" << compared.output;
    for (const int shown : {1, 2, 3, 4}) expect_above_zero(cells[shown].str());
    if (mode == "disk") expect_above_zero(cells[5].str());  // the writer
  }
}

/// A server that acknowledges earlier would look faster than it is.
TEST(BenchCompare, RefusesABuildWithAnotherDurability) {
  const TemporaryDirectory work;
  const std::string program = work.path() + "/eventodb";
  std::ofstream(program) << "#!/bin/sh\nexec " << kBuild << "/eventodb \"$@\" --durability os\n";
  ASSERT_EQ(run_shell("chmod +x " + program).status, 0);
  const auto compared = compare_with(work.path(), "disk");
  EXPECT_EQ(compared.status, 1);
  EXPECT_NE(compared.output.find("before the change does not say durability=disk"),
            std::string::npos)
      << compared.output;
}

TEST(BenchCompare, NeedsABuildToCompareWith) {
  EXPECT_EQ(run_shell(script("bench-compare.sh")).status, 2);
  const auto compared = compare_with("/nowhere", "memory");
  EXPECT_EQ(compared.status, 1);
  EXPECT_NE(compared.output.find("/nowhere/eventodb is not built"), std::string::npos);
}

}  // namespace
}  // namespace eventodb::test
