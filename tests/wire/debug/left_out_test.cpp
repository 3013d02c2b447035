#include <gtest/gtest.h>

#include <string>

#include "support/http_client.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

TEST(DebugLeftOut, ProfilesAnswer501AndSayWhy) {
  const ServerProcess server({.arguments = {"--test-mode"}});
  HttpClient client(server.port());
  for (const std::string page :
       {"profile?seconds=1", "heap", "allocs", "growth", "threads", "goroutine", "symbol"}) {
    const auto answer = client.request("GET", "/debug/pprof/" + page);
    EXPECT_EQ(answer.status, 501) << page;
    EXPECT_NE(answer.body.find("EVENTODB_PROFILING"), std::string::npos) << page;
  }
}

}  // namespace
}  // namespace eventodb::test
