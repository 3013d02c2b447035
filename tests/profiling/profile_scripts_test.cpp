#include <gtest/gtest.h>

#include <string>

#include "profiling/shell.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

const std::string kBuild = EVENTODB_BUILD_DIR;

std::string baseline(const std::string& backend, const std::string& directory) {
  return script("profile-baseline.sh") + " --build-dir " + kBuild + " --backend " + backend +
         " --duration 2s --rounds 2 --workers 4 --output " + directory;
}

void expect_artefacts(const std::string& directory) {
  for (const std::string name :
       {"README.md", "load-test-results.json", "threads.txt", "memstats.json", "cpu.prof",
        "heap-before.prof", "heap-after.prof", "allocs-before.prof", "allocs-after.prof",
        "top-cpu.txt", "top-allocs.txt", "top-alloc-count.txt", "top-heap.txt", "cpu-graph.svg",
        "cpu-flame.svg", "allocs-graph.svg", "allocs-flame.svg"}) {
    EXPECT_FALSE(read_file(directory + "/" + name).empty()) << name;
  }
}

/// Both ways to read a profile: raw with the program, and symbolised without.
void expect_readable(const std::string& directory) {
  for (const std::string name :
       {"cpu", "heap-before", "heap-after", "allocs-before", "allocs-after"}) {
    const std::string file = directory + "/" + name;
    const auto raw = run_shell("google-pprof --text " + kBuild + "/eventodb " + file + ".prof");
    EXPECT_EQ(raw.status, 0) << raw.output;
    EXPECT_NE(raw.output.find("Total: "), std::string::npos) << raw.output;
    const auto named = run_shell("google-pprof --text " + file + ".symbolized");
    EXPECT_EQ(named.status, 0) << named.output;
    EXPECT_NE(named.output.find("Total: "), std::string::npos) << named.output;
  }
}

class ProfileScripts : public testing::TestWithParam<std::string> {};

TEST_P(ProfileScripts, BaselineWritesEverythingAndCompareReadsIt) {
  const TemporaryDirectory work;
  const std::string directory = work.path() + "/profile";
  const auto made = run_shell(baseline(GetParam(), directory));
  ASSERT_EQ(made.status, 0) << made.output;
  expect_artefacts(directory);
  expect_readable(directory);

  const std::string readme = read_file(directory + "/README.md");
  EXPECT_NE(readme.find("| operations a second | "), std::string::npos);
  EXPECT_NE(read_file(directory + "/cpu.symbolized").find("eventodb::net::"), std::string::npos);
  EXPECT_NE(read_file(directory + "/threads.txt").find("\"io-0\""), std::string::npos);
  EXPECT_NE(read_file(directory + "/load-test-results.json").find("\"errors\": 0"),
            std::string::npos);

  const auto compared = run_shell(script("profile-compare.sh") + " --baseline " + directory +
                                  " --optimized " + directory);
  EXPECT_EQ(compared.status, 0) << compared.output;
  EXPECT_NE(compared.output.find("No difference that can be told from noise"), std::string::npos)
      << compared.output;
}

INSTANTIATE_TEST_SUITE_P(Backends, ProfileScripts, testing::Values("sqlite-memory", "sqlite"),
                         [](const auto& backend) {
                           return backend.param == "sqlite" ? "File" : "Memory";
                         });

std::string results(double ops, double cpu, double allocs) {
  const std::string round =
      "{\"ops_per_sec\":" + std::to_string(ops) +
      ",\"avg_latency_ms\":1,\"p99_ms\":2,\"cpu_us_per_op\":" + std::to_string(cpu) + "}";
  return "{\"backend\":\"sqlite\",\"workers\":10,\"mix\":\"10:1\",\"avg_latency_ms\":1,"
         "\"p99_ms\":2,\"ops_per_sec\":" +
         std::to_string(ops) + ",\"cpu_us_per_op\":" + std::to_string(cpu) +
         ",\"allocs_per_op\":" + std::to_string(allocs) +
         ",\"alloc_bytes_per_op\":1000,\"allocs_sampled\":10000,\"allocs_counted\":100000000,"
         "\"rounds\":[" +
         round + "," + round + "]}";
}

/// Writes what profile-compare.sh reads of a run.
std::string made_up_run(const std::string& directory, const std::string& json) {
  EXPECT_EQ(run_shell("mkdir -p " + directory).status, 0);
  std::ofstream(directory + "/load-test-results.json") << json;
  for (const std::string name : {"top-cpu.txt", "top-allocs.txt"}) {
    std::ofstream(directory + "/" + name) << "Total: 1000 samples\n"
                                          << "500  50.0%  50.0%  900  90.0% work\n";
  }
  return directory;
}

std::string verdict(const std::string& before, const std::string& after) {
  const TemporaryDirectory work;
  const auto compared = run_shell(script("profile-compare.sh") + " --baseline " +
                                  made_up_run(work.path() + "/a", before) + " --optimized " +
                                  made_up_run(work.path() + "/b", after));
  EXPECT_EQ(compared.status, 0) << compared.output;
  return compared.output;
}

TEST(ProfileCompare, JudgesByTheCriteria) {
  const std::string before = results(1000, 10, 5);
  EXPECT_NE(verdict(before, results(1150, 10, 5)).find("**Worth keeping.**"), std::string::npos);
  EXPECT_NE(verdict(before, results(1000, 10, 3)).find("**Worth keeping.**"), std::string::npos);
  EXPECT_NE(verdict(before, results(1050, 10, 5)).find("**No difference"), std::string::npos);
  EXPECT_NE(verdict(before, results(1150, 12, 5)).find("**Regression.**"), std::string::npos);
  EXPECT_NE(verdict(before, results(800, 10, 5)).find("**Regression.**"), std::string::npos);
}

TEST(ProfileCompare, SaysWhatIsMissing) {
  const auto compared =
      run_shell(script("profile-compare.sh") + " --baseline /nowhere --optimized /nowhere");
  EXPECT_EQ(compared.status, 1);
  EXPECT_NE(compared.output.find("/nowhere/load-test-results.json"), std::string::npos);
}

TEST(ScriptsThatMeasure, ExplainThemselvesAndRefuseFlagsTheyDoNotKnow) {
  for (const std::string name :
       {"bench-budget.sh", "bench-bulk.sh", "bench-compare.sh", "bench-listings.sh",
        "bench-memory.sh", "bench-ids.sh", "bench-peers.sh", "bench-profiling.sh", "bench-scale.sh",
        "bench-server.sh", "bench-subscriptions.sh", "bench-tenants.sh", "benchmark-all.sh",
        "benchmark-compare.sh", "build-optimized.sh", "flame-graph.sh", "profile-baseline.sh",
        "profile-compare.sh"}) {
    const auto help = run_shell(script(name) + " --help");
    EXPECT_EQ(help.status, 0) << name;
    EXPECT_EQ(help.output.find("usage: " + name), 0u) << name;
    const auto unknown = run_shell(script(name) + " --no-such-flag 1");
    EXPECT_EQ(unknown.status, 2) << name;
    EXPECT_EQ(unknown.output, help.output) << name;
    const std::size_t flag = help.output.find("\n  --");
    ASSERT_NE(flag, std::string::npos) << name;
    const std::size_t end = help.output.find(' ', flag + 3);
    const std::string without_value = help.output.substr(flag + 1, end - flag - 1);
    EXPECT_EQ(run_shell(script(name) + without_value).status, 2) << name << without_value;
  }
}

TEST(FlameGraph, DrawsEachFunctionAsWideAsItsShare) {
  const auto drawn = run_shell("printf 'main;a<int>;b 30\\nmain;c 10\\n' | " +
                               script("flame-graph.sh") + " --title 'T & U' --unit bytes");
  EXPECT_EQ(drawn.status, 0);
  EXPECT_EQ(drawn.output.find("<svg "), 0u);
  EXPECT_NE(drawn.output.find("T &amp; U"), std::string::npos);
  EXPECT_NE(drawn.output.find("<title>a&lt;int&gt;: 30 bytes, 75.00 %</title>"), std::string::npos);
  EXPECT_NE(drawn.output.find("<title>main: 40 bytes, 100.00 %</title>"), std::string::npos);
}

}  // namespace
}  // namespace eventodb::test
