// The program as an operator meets it. Names carry the numbers of the protocol's checklist.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "support/http_client.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

const std::string kAdminToken = "ns_ZGVmYXVsdA_" + std::string(64, '0');
const std::string kOtherToken = "ns_ZGVmYXVsdA_" + std::string(64, '1');
const std::string kTenantToken = "ns_dGVuYW50LWE_" + std::string(64, '0');

/// An environment variable of this process and its children while this object lives.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
};

/// Another working directory of this process and its children while this object lives.
class ScopedDirectory {
 public:
  explicit ScopedDirectory(const std::string& path) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  ~ScopedDirectory() { std::filesystem::current_path(before_); }
  ScopedDirectory(const ScopedDirectory&) = delete;
  ScopedDirectory& operator=(const ScopedDirectory&) = delete;

 private:
  std::filesystem::path before_;
};

ServerFlags in(const TemporaryDirectory& directory, const std::vector<std::string>& more = {}) {
  ServerFlags flags;
  flags.arguments = {"-data-dir", directory.path()};
  flags.arguments.insert(flags.arguments.end(), more.begin(), more.end());
  return flags;
}

ServerFlags with(const std::vector<std::string>& arguments) {
  ServerFlags flags;
  flags.arguments = arguments;
  return flags;
}

int status_of(const ServerProcess& server, const std::string& body, const std::string& token) {
  return HttpClient(server.port()).rpc(body, token).status;
}

const std::string kVersionCall = R"(["sys.version"])";

/// Runs to the end a server that must not start.
FinishedProgram refused_start(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"serve", "-port", "0"});
  return run_eventodb(flags);
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Cli, AloneItPrintsHelp) {
  const auto help = run_eventodb({});
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.output.find("eventodb serve"), std::string::npos);
  EXPECT_EQ(help.error, "");
  EXPECT_EQ(run_eventodb({"--help"}).output, help.output);
}

TEST(Cli, TheVersionIsTheServersVersion) {
  const auto version = run_eventodb({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(std::regex_match(version.output, std::regex(R"(eventodb \d+\.\d+\.\d+\n)")));
  const TemporaryDirectory directory;
  const ServerProcess server(in(directory));
  const std::string number = version.output.substr(9, version.output.size() - 10);
  EXPECT_EQ(HttpClient(server.port()).rpc(kVersionCall, server.token()).body, '"' + number + '"');
}

TEST(Cli, StartPrintsTheTokenThenOneLine) {
  const TemporaryDirectory directory;
  ServerProcess server(in(directory));
  EXPECT_TRUE(std::regex_match(server.token(), std::regex("ns_ZGVmYXVsdA_[0-9a-f]{64}")));
  EXPECT_EQ(server.stop(), 0);
  const std::regex expected(
      "DEFAULT NAMESPACE TOKEN:\n" + server.token() +
      "\neventodb \\S+ listening on http://\\[::\\]:" + std::to_string(server.port()) +
      " backend=sqlite durability=disk data=" + directory.path() + "/metadata.db\n");
  EXPECT_TRUE(std::regex_match(server.standard_output(), expected)) << server.standard_output();
}

TEST(Cli, TheLineSaysWhichDurability) {
  const TemporaryDirectory directory;
  EXPECT_NE(
      ServerProcess(in(directory, {"-durability", "os"})).startup_line().find(" durability=os "),
      std::string::npos);
  EXPECT_NE(ServerProcess(with({"-test-mode"})).startup_line().find(" backend=memory "),
            std::string::npos);
}

TEST(Cli, ServeWithoutFlagsUsesTheDirectoryData) {
  const TemporaryDirectory directory;
  const ScopedDirectory inside(directory.path());
  ServerProcess server({});
  EXPECT_NE(server.startup_line().find(" backend=sqlite "), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_directory("data"));
  EXPECT_EQ(server.stop(), 0);
}

TEST(Cli, Item040AKnownTokenStaysValidOnTheSameStore) {
  const TemporaryDirectory directory;
  { ServerProcess(in(directory, {"-token", kAdminToken})).stop(); }
  const ServerProcess server(in(directory));
  EXPECT_EQ(status_of(server, kVersionCall, kAdminToken), 200);
}

TEST(Cli, Item041ATokenOfAnotherNamespaceRefusesToStart) {
  for (const std::string& token : {kTenantToken, std::string("secret"), kAdminToken + "0"}) {
    const TemporaryDirectory directory;
    const auto ended = refused_start({"-data-dir", directory.path(), "-token", token});
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(ended.output, "");
    EXPECT_NE(ended.error.find("token"), std::string::npos) << ended.error;
    EXPECT_EQ(ended.error.find(token), std::string::npos) << "the token must not be shown";
  }
}

TEST(Cli, Item042RestartWithTheSameTokenKeepsIt) {
  const TemporaryDirectory directory;
  { ServerProcess(in(directory, {"-token", kAdminToken})).stop(); }
  const ServerProcess server(in(directory, {"-token", kAdminToken}));
  EXPECT_EQ(status_of(server, kVersionCall, kAdminToken), 200);
  EXPECT_EQ(server.token(), "") << "printed at the first start only";
}

TEST(Cli, Item043RestartWithAnotherTokenReplacesIt) {
  const TemporaryDirectory directory;
  { ServerProcess(in(directory, {"-token", kAdminToken})).stop(); }
  {
    ServerProcess server(in(directory, {"-token", kOtherToken}));
    EXPECT_EQ(status_of(server, kVersionCall, kOtherToken), 200);
    EXPECT_EQ(status_of(server, kVersionCall, kAdminToken), 403);
    server.stop();
    EXPECT_NE(server.standard_error().find("replaced"), std::string::npos);
    EXPECT_EQ(server.standard_error().find(kOtherToken), std::string::npos);
  }
  const ServerProcess server(in(directory));
  EXPECT_EQ(status_of(server, kVersionCall, kOtherToken), 200);
}

TEST(Cli, Item044RestartWithoutATokenKeepsTheOldOneAndPrintsNone) {
  const TemporaryDirectory directory;
  std::string token;
  {
    ServerProcess first(in(directory));
    token = first.token();
    first.stop();
  }
  ServerProcess second(in(directory));
  EXPECT_EQ(status_of(second, kVersionCall, token), 200);
  second.stop();
  EXPECT_EQ(lines_of(second.standard_output()), 1U) << second.standard_output();
}

TEST(Cli, Item050TestModeWithADatabaseUrlLeavesAuthenticationOn) {
  const TemporaryDirectory directory;
  ServerProcess server(in(directory, {"-test-mode", "-db-url", "sqlite://test.db"}));
  EXPECT_EQ(status_of(server, kVersionCall, ""), 401);
  EXPECT_EQ(status_of(server, kVersionCall, server.token()), 200);
  server.stop();
  const std::string log = server.standard_error();
  EXPECT_NE(log.find("test mode is ignored"), std::string::npos) << log;
  EXPECT_EQ(log.find("test mode"), log.rfind("test mode")) << "it is said once: " << log;
}

TEST(Cli, TheLogSaysHowDurableWritesAre) {
  const TemporaryDirectory directory;
  ServerProcess server(in(directory, {"-durability", "os"}));
  server.stop();
  EXPECT_NE(server.standard_error().find("backend=sqlite durability=os"), std::string::npos)
      << server.standard_error();
}

TEST(Cli, TestModeNeedsNoStorageAndNoToken) {
  const ServerProcess server(with({"--test-mode", "--token=" + kAdminToken}));
  EXPECT_EQ(status_of(server, kVersionCall, ""), 200);
  EXPECT_EQ(server.token(), kAdminToken);
}

TEST(Cli, Item163FlagsInEverySpelling) {
  for (const bool two_dashes : {false, true}) {
    for (const bool equals : {false, true}) {
      const TemporaryDirectory directory;
      ServerFlags flags;
      for (const auto& [name, value] :
           std::vector<std::pair<std::string, std::string>>{{"data-dir", directory.path()},
                                                            {"db-url", "sqlite://spelling.db"},
                                                            {"token", kAdminToken}}) {
        const std::string flag = (two_dashes ? "--" : "-") + name;
        if (equals) {
          flags.arguments.push_back(flag + "=" + value);
        } else {
          flags.arguments.insert(flags.arguments.end(), {flag, value});
        }
      }
      const ServerProcess server(flags);
      EXPECT_EQ(status_of(server, kVersionCall, kAdminToken), 200);
      EXPECT_TRUE(std::filesystem::exists(directory.path() + "/spelling.db"));
    }
  }
}

TEST(Cli, Item163VariablesApplyWhenTheFlagIsAbsent) {
  const TemporaryDirectory directory;
  ServerFlags flags;
  flags.environment = {{"EVENTODB_DATA_DIR", directory.path()},
                       {"EVENTODB_TOKEN", kAdminToken},
                       {"EVENTODB_DURABILITY", "os"},
                       {"EVENTODB_TEST_MODE", ""}};
  const ServerProcess server(flags);
  EXPECT_EQ(status_of(server, kVersionCall, kAdminToken), 200);
  EXPECT_NE(server.startup_line().find(" durability=os data=" + directory.path()),
            std::string::npos);
}

TEST(Cli, Item163AnUnparsableVariableIsReportedWithStatus1) {
  const ScopedVariable variable("EVENTODB_TEST_MODE", "maybe");
  const TemporaryDirectory directory;
  const auto ended = refused_start({"-data-dir", directory.path()});
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.error.find("EVENTODB_TEST_MODE"), std::string::npos) << ended.error;
}

TEST(Cli, Item163UnknownFlagsAndWordsEndWithStatus2AndASuggestion) {
  const auto flag = run_eventodb({"serve", "-data-dri", "x"});
  EXPECT_EQ(flag.status, 2);
  EXPECT_NE(flag.error.find("did you mean '--data-dir'?"), std::string::npos) << flag.error;
  const auto word = run_eventodb({"sevre"});
  EXPECT_EQ(word.status, 2);
  EXPECT_NE(word.error.find("did you mean 'serve'?"), std::string::npos) << word.error;
  EXPECT_EQ(run_eventodb({"-port", "http"}).status, 2);
}

TEST(Cli, Item163StorageThatDoesNotExistEndsWithStatus1) {
  const TemporaryDirectory directory;
  for (const auto* url :
       {"mysql://localhost/x", "nonsense", "postgres://localhost/x", "pebble:///var/lib/x"}) {
    const auto ended = refused_start({"-data-dir", directory.path(), "-db-url", url});
    EXPECT_EQ(ended.status, 1) << url;
    EXPECT_EQ(lines_of(ended.error), 1U) << ended.error;
    EXPECT_EQ(ended.output, "") << url;
  }
}

TEST(Cli, ErrorsDoNotShowThePasswordOfADatabaseUrl) {
  for (const char* url :
       {"postgres://user:hunter2@localhost/x", "user:hunter2@localhost/x",
        "host=localhost user=x password=hunter2", "password=hunter2 options=x://y"}) {
    const auto ended = refused_start({"-db-url", url});
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(ended.error.find("hunter2"), std::string::npos) << ended.error;
  }
}

TEST(Cli, ADataDirectoryThatIsAFileEndsWithStatus1) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "x";
  const auto ended = refused_start({"-data-dir", file});
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.error.find(file), std::string::npos) << ended.error;
}

TEST(Cli, TwoServersOnOneDirectoryTheSecondRefusesWithinASecond) {
  const TemporaryDirectory directory;
  const ServerProcess first(in(directory));
  auto took = std::chrono::steady_clock::duration::max();
  // A busy machine may be slow once.
  for (int attempt = 0; attempt < 3 && took >= std::chrono::seconds(1); ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    const auto second = refused_start({"-data-dir", directory.path()});
    took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(second.status, 1);
    EXPECT_EQ(second.output, "");
    EXPECT_NE(second.error.find(directory.path()), std::string::npos) << second.error;
  }
  EXPECT_LT(took, std::chrono::seconds(1));
  EXPECT_EQ(status_of(first, kVersionCall, first.token()), 200);
}

TEST(Cli, APortInUseEndsWithStatus1) {
  const ServerProcess first(with({"-test-mode"}));
  const auto second = run_eventodb({"-test-mode", "-port", std::to_string(first.port())});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.error.find(std::to_string(first.port())), std::string::npos) << second.error;
}

TEST(Cli, PebbleInTestModeIsMemoryWithAWarning) {
  ServerProcess server(with({"-test-mode", "-db-url", "pebble:///var/lib/x"}));
  EXPECT_NE(server.startup_line().find(" backend=memory "), std::string::npos);
  EXPECT_EQ(status_of(server, kVersionCall, ""), 200);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_NE(server.standard_error().find("pebble:///var/lib/x in memory"), std::string::npos)
      << server.standard_error();
}

TEST(Cli, BindChoosesTheAddress) {
  const ServerProcess server(with({"-test-mode", "-bind", "127.0.0.1"}));
  EXPECT_NE(server.startup_line().find(" listening on http://127.0.0.1:"), std::string::npos);
  EXPECT_EQ(status_of(server, kVersionCall, ""), 200);
  const auto refused = run_eventodb({"-test-mode", "-port", "0", "-bind", "nowhere"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.error.find("nowhere"), std::string::npos) << refused.error;
}

TEST(Cli, Item164SignalsEndItWithStatus0WhileConnectionsAreOpen) {
  for (const int number : {SIGTERM, SIGINT}) {
    const TemporaryDirectory directory;
    ServerProcess server(in(directory));
    HttpClient idle(server.port());
    EXPECT_EQ(idle.rpc(kVersionCall, server.token()).status, 200);
    HttpClient half(server.port());
    half.send("POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[");
    const HttpClient silent(server.port());
    server.signal(number);
    EXPECT_EQ(server.wait(), 0);
    EXPECT_TRUE(idle.is_closed());
  }
}

TEST(Cli, ASecondSignalDoesNotHurt) {
  ServerProcess server(with({"-test-mode"}));
  server.signal(SIGTERM);
  server.signal(SIGTERM);
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0);
}

TEST(Cli, AcknowledgedEventsAreThereAfterAKill) {
  const TemporaryDirectory directory;
  {
    ServerProcess server(in(directory, {"-token", kAdminToken}));
    HttpClient client(server.port());
    const auto written =
        client.rpc(R"(["stream.write","account-1",{"type":"Opened","data":{"n":1}}])", kAdminToken);
    EXPECT_EQ(written.body, R"({"position":0,"globalPosition":1})");
    server.kill();
  }
  const ServerProcess server(in(directory));
  const auto read = HttpClient(server.port()).rpc(R"(["stream.get","account-1"])", kAdminToken);
  EXPECT_NE(read.body.find(R"("Opened",0,1,{"n":1},null,)"), std::string::npos) << read.body;
}

TEST(Cli, ReindexRebuildsAStoppedStoreAndRefusesARunningOne) {
  const TemporaryDirectory directory;
  {
    ServerProcess server(in(directory, {"-token", kAdminToken}));
    HttpClient client(server.port());
    EXPECT_EQ(client.rpc(R"(["stream.write","a-1",{"type":"T","data":{}}])", kAdminToken).status,
              200);
    EXPECT_EQ(run_eventodb({"reindex", "-data-dir", directory.path()}).status, 1);
    EXPECT_EQ(server.stop(), 0);
  }
  const auto rebuilt = run_eventodb({"reindex", "-data-dir", directory.path()});
  EXPECT_EQ(rebuilt.status, 0) << rebuilt.error;
  EXPECT_NE(rebuilt.error.find("default: 1 of 1"), std::string::npos) << rebuilt.error;
  const ServerProcess server(in(directory));
  EXPECT_EQ(HttpClient(server.port()).rpc(R"(["stream.version","a-1"])", kAdminToken).body, "0");
}

}  // namespace
}  // namespace eventodb::test
