#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "support/http_client.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

class DebugProfiles : public testing::Test {
 protected:
  std::string get(const std::string& page) {
    const auto answer = client_.request("GET", "/debug/pprof/" + page);
    EXPECT_EQ(answer.status, 200) << page << ": " << answer.body.substr(0, 200);
    return answer.body;
  }

  /// It runs when this returns: the one I/O thread takes requests in the order of their arrival,
  /// and answers the second one here after it has begun the first.
  void start_long_cpu_profile(HttpClient& client) {
    EXPECT_EQ(client.request("GET", "/health").status, 200);  // its connection has been accepted
    client.send(http_request("GET", "/debug/pprof/profile?seconds=300"));
    EXPECT_EQ(client_.request("GET", "/health").status, 200);
  }

  ServerProcess server_{{.arguments = {"--test-mode", "--io-threads", "1"}}};
  HttpClient client_{server_.port()};
};

TEST_F(DebugProfiles, IndexNamesThePages) {
  const std::string index = get("");
  for (const std::string page : {"profile", "heap", "allocs", "growth", "threads", "cmdline"}) {
    EXPECT_NE(index.find("/debug/pprof/" + page), std::string::npos) << page;
  }
}

TEST_F(DebugProfiles, MemoryProfilesAreGperftoolsTexts) {
  EXPECT_NE(get("heap").find("@ heap_v2/524288\n"), std::string::npos);
  EXPECT_NE(get("allocs").find("@ heapprofile\n"), std::string::npos);
  EXPECT_NE(get("growth").find("@ growth\n"), std::string::npos);
  for (const std::string page : {"heap", "allocs", "growth"}) {
    const std::string text = get(page);
    EXPECT_EQ(text.find("heap profile:"), 0u) << page;
    EXPECT_NE(text.find("MAPPED_LIBRARIES:"), std::string::npos) << page;
  }
}

TEST_F(DebugProfiles, ThreadsHaveNamesAndNamedFunctions) {
  for (const std::string page : {"threads", "goroutine"}) {
    const std::string text = get(page);
    EXPECT_NE(text.find("\"io-0\" state "), std::string::npos) << page;
    EXPECT_NE(text.find("eventodb::base::IoThread::run()"), std::string::npos) << page;
  }
}

TEST_F(DebugProfiles, CpuProfileIsBinaryWithTheMemoryMap) {
  const std::string profile = get("profile?seconds=1");
  const std::uintptr_t header[3] = {0, 3, 0};
  ASSERT_GT(profile.size(), sizeof(header));
  EXPECT_EQ(std::memcmp(profile.data(), header, sizeof(header)), 0);
  EXPECT_NE(profile.find("[stack]"), std::string::npos);
}

TEST_F(DebugProfiles, SecondsAreBounded) {
  for (const std::string seconds : {"0", "-1", "301", "abc", "1.5", "1s"}) {
    EXPECT_EQ(client_.request("GET", "/debug/pprof/profile?seconds=" + seconds).status, 400)
        << seconds;
  }
}

TEST_F(DebugProfiles, ASecondCpuProfileIsRefusedAndTheServerServesOn) {
  HttpClient first(server_.port());
  start_long_cpu_profile(first);
  EXPECT_EQ(client_.request("GET", "/debug/pprof/profile?seconds=1").status, 409);
  EXPECT_EQ(client_.request("GET", "/health").status, 200);
  // The end of the server ends the profile too; it is answered with what there is.
  server_.signal(SIGTERM);
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_EQ(server_.wait(), 0);
}

TEST_F(DebugProfiles, AClientThatLeavesEndsItsCpuProfile) {
  {
    HttpClient leaves(server_.port());
    start_long_cpu_profile(leaves);
  }
  int status = 409;  // the test's time limit bounds the loop
  while (status == 409) status = client_.request("GET", "/debug/pprof/profile?seconds=1").status;
  EXPECT_EQ(status, 200);
}

/// The first address in the text that stands in front of this function's name, and the name.
std::string address_of(const std::string& threads, const std::string& function) {
  const std::size_t name = threads.find(function);
  return name == std::string::npos ? "" : threads.substr(threads.rfind("0x", name), 14);
}

TEST_F(DebugProfiles, SymbolsAreAnsweredAsPprofAsks) {
  EXPECT_EQ(get("symbol"), "num_symbols: 1\n");
  const std::string address = address_of(get("threads"), "eventodb::base::IoThread::run()");
  ASSERT_EQ(address.size(), 14u);
  const auto posted =
      client_.request("POST", "/debug/pprof/symbol", address + "+0x10+nonsense+" + address);
  EXPECT_EQ(posted.status, 200);
  const std::string line = address + "\teventodb::base::IoThread::run()\n";
  EXPECT_EQ(posted.body, "num_symbols: 1\n" + line + line);
  EXPECT_EQ(get("symbol?" + address), "num_symbols: 1\n" + line);
  EXPECT_EQ(client_.request("POST", "/debug/pprof/symbol").body, "num_symbols: 1\n");
}

TEST_F(DebugProfiles, TooManyAddressesAreRefused) {
  std::string question;
  for (int i = 0; i < 50'000; ++i) question += "0x10+";
  EXPECT_EQ(client_.request("POST", "/debug/pprof/symbol", question).status, 200);
  EXPECT_EQ(client_.request("POST", "/debug/pprof/symbol", question + "0x10").status, 400);
}

TEST_F(DebugProfiles, HeadDoesNoWork) {
  client_.send(http_request("HEAD", "/debug/pprof/profile?seconds=300"));
  EXPECT_EQ(client_.receive(/*to_head=*/true).status, 200);
}

TEST(DebugSampling, IsOffWhenTheEnvironmentSaysSo) {
  const ServerProcess server(
      {.arguments = {"--test-mode"}, .environment = {{"TCMALLOC_SAMPLE_PARAMETER", "0"}}});
  HttpClient client(server.port());
  EXPECT_NE(client.request("GET", "/debug/pprof/allocs").body.find("0 ["), std::string::npos);
  EXPECT_NE(client.request("GET", "/debug/pprof/heap").body.find("sampling turned off"),
            std::string::npos);
}

}  // namespace
}  // namespace eventodb::test
