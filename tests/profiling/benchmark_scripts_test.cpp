#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "profiling/shell.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

/// Every benchmark once, as short as can be.
TEST(BenchmarkScripts, AllRunAndOurWayAllocatesNothing) {
  const TemporaryDirectory work;
  const std::string file = work.path() + "/results.json";
  const auto ran = run_shell(script("benchmark-all.sh") + " --build-dir " + EVENTODB_BUILD_DIR +
                             " --min-time 0.0001 --repetitions 1 --output " + file);
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("| arena | naive | "), std::string::npos);

  const json::value results = parse_json(read_file(file));
  std::size_t ours = 0;
  for (const json::value& row : results.at("benchmarks").as_array()) {
    const std::string name(row.at("name").as_string());
    if (name.find("/ours") == std::string::npos) continue;
    ++ours;
    // Growing tables of the log may allocate now and then, in every way of keeping records.
    EXPECT_LT(row.at("allocs").to_number<double>(), 0.05) << name;
  }
  EXPECT_GE(ours, 15u);

  const auto compared =
      run_shell(script("benchmark-compare.sh") + " --baseline " + file + " --optimized " + file);
  EXPECT_EQ(compared.status, 0) << compared.output;
  EXPECT_NE(compared.output.find("| arena/ours | "), std::string::npos);
}

}  // namespace
}  // namespace eventodb::test
