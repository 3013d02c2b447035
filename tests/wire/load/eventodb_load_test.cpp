// eventodb-load against a running server: what it prints, writes and returns.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "support/http_client.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

struct Outcome {
  int status = -1;
  std::string output;  ///< standard output and error
};

/// Runs eventodb-load, which is built beside eventodb. `flags` are plain words.
Outcome run_load(const std::string& flags) {
  const char* binary = std::getenv("EVENTODB_BIN");
  if (binary == nullptr) throw std::runtime_error("EVENTODB_BIN is not set");
  FILE* pipe = popen((std::string(binary) + "-load " + flags + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run eventodb-load");
  Outcome outcome;
  char buffer[4096];
  for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    outcome.output.append(buffer, got);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::string url_of(const ServerProcess& server) {
  return " --url http://127.0.0.1:" + std::to_string(server.port());
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(EventodbLoad, MeasuresTestModeAndWritesTheResults) {
  const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
  const TemporaryDirectory directory;
  const auto outcome = run_load("-duration 300ms -workers=4 -profile-dir " + directory.path() +
                                "/made/here" + url_of(server));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  for (const char* label : {"throughput", "mean", "p50", "p95", "p99", "p99.9", "max", "errors"}) {
    EXPECT_NE(outcome.output.find(label), std::string::npos) << label << "\n" << outcome.output;
  }
  const std::string json = content_of(directory.path() + "/made/here/load-test-results.json");
  for (const char* key :
       {"timestamp", "duration_s", "total_ops", "writes", "reads", "errors", "ops_per_sec",
        "avg_latency_ms", "p50_ms", "p95_ms", "p99_ms", "p99_9_ms", "max_ms"}) {
    EXPECT_NE(json.find("\"" + std::string(key) + "\": "), std::string::npos) << key << "\n"
                                                                              << json;
  }
  EXPECT_NE(json.find("\"errors\": 0,"), std::string::npos) << json;
}

TEST(EventodbLoad, PrintsALineEverySecondUnlessQuiet) {
  const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
  const std::string flags = "--duration 2500ms --rate 200 --workers 2" + url_of(server);
  const auto outcome = run_load(flags);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  const auto first = outcome.output.find("   1s ");
  const auto second = outcome.output.find("   2s ");
  EXPECT_EQ(first, 0U) << outcome.output;
  EXPECT_NE(second, std::string::npos) << outcome.output;
  EXPECT_LT(second, outcome.output.find("operations ")) << outcome.output;
  const auto quiet = run_load("--quiet " + flags);
  EXPECT_EQ(quiet.output.find("operations "), 0U) << quiet.output;
}

TEST(EventodbLoad, KeepsARateAndPipelines) {
  const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
  for (const char* flags : {"--rate 500", "--pipeline 16", "--mix write", "--mix read",
                            "--payload-bytes 100000 --pipeline 4", "--streams 1"}) {
    const auto outcome = run_load(flags + std::string(" --duration 200ms") + url_of(server));
    EXPECT_EQ(outcome.status, 0) << flags << "\n" << outcome.output;
  }
}

TEST(EventodbLoad, WritesBatches) {
  const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
  const auto outcome = run_load("--batch 100 --duration 200ms" + url_of(server));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("\nmessages     "), std::string::npos) << outcome.output;
  HttpClient client(server.port());
  const auto last = client.rpc(R"(["stream.version","test-stream-0"])", "").body;
  EXPECT_EQ((std::stoull(last) + 1) % 100, 0u) << "whole batches";
  EXPECT_EQ(run_load("--batch 10001" + url_of(server)).status, 2);
}

TEST(EventodbLoad, NeedsTheTokenInAuthMode) {
  const TemporaryDirectory directory;
  const ServerProcess server({.arguments = {"--data-dir", directory.path()}, .environment = {}});
  const std::string flags = "--duration 200ms --workers 2" + url_of(server);
  const auto allowed = run_load(flags + " --token " + server.token());
  EXPECT_EQ(allowed.status, 0) << allowed.output;
  const auto refused = run_load(flags);
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.output.find("first error  HTTP status 401"), std::string::npos)
      << refused.output;
}

TEST(EventodbLoad, WorkersUseTheTokensInTurn) {
  const TemporaryDirectory directory;
  const ServerProcess server({.arguments = {"--data-dir", directory.path()}, .environment = {}});
  HttpClient client(server.port());
  std::string flags = "--duration 200ms --workers 3 --mix write --token " + server.token();
  for (const std::string id : {"one", "two"}) {
    const auto made = client.rpc(R"(["ns.create",")" + id + "\"]", server.token());
    flags += " --token " + as_string(parse_json(made.body).at("token"));
  }
  const auto run = run_load(flags + url_of(server));
  EXPECT_EQ(run.status, 0) << run.output;
  for (const std::string id : {"default", "one", "two"}) {
    const auto info = client.rpc(R"(["ns.info",")" + id + "\"]", server.token());
    EXPECT_GT(as_int(parse_json(info.body).at("messageCount")), 0) << id;
  }
}

TEST(EventodbLoad, SaysThatNoServerIsThere) {
  std::string url;
  {
    const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
    url = url_of(server);
  }
  const auto outcome = run_load("--duration 1s" + url);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("no server answers at 127.0.0.1:"), std::string::npos)
      << outcome.output;
}

}  // namespace
}  // namespace eventodb::test
