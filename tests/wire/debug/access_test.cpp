#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/http_client.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

const std::vector<std::string> kPages = {
    "/debug",
    "/debug/",
    "/debug/pprof",
    "/debug/pprof/",
    "/debug/pprof/profile?seconds=1",
    "/debug/pprof/heap",
    "/debug/pprof/allocs",
    "/debug/pprof/growth",
    "/debug/pprof/threads",
    "/debug/pprof/goroutine",
    "/debug/pprof/cmdline",
    "/debug/pprof/symbol",
    "/debug/memstats",
    "/debug/there/is/no/such/page",
};

HttpFields bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

std::string create_namespace(HttpClient& client, const std::string& token, const std::string& id) {
  const std::string body = client.rpc(R"(["ns.create",")" + id + R"("])", token).body;
  const std::size_t at = body.find("ns_");
  return body.substr(at, body.find('"', at) - at);
}

TEST(DebugAccess, Item25NeedsTheTokenOfDefault) {
  const TemporaryDirectory data;
  const ServerProcess server({.arguments = {"--data-dir", data.path()}});
  HttpClient client(server.port());
  const std::string tenant = create_namespace(client, server.token(), "tenant");
  for (const std::string& page : kPages) {
    EXPECT_EQ(client.request("GET", page).status, 401) << page;
    const auto refused = client.request("GET", page, {}, bearer(tenant));
    EXPECT_EQ(refused.status, 403) << page;
    EXPECT_NE(refused.body.find("AUTH_UNAUTHORIZED"), std::string::npos) << page;
  }
  const auto shown = client.request("GET", "/debug/pprof/cmdline", {}, bearer(server.token()));
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(client.request("GET", "/debug/memstats?token=" + server.token()).status, 200);
}

TEST(DebugAccess, Item25IsOpenInTestMode) {
  const ServerProcess server({.arguments = {"--test-mode"}});
  HttpClient client(server.port());
  for (const std::string page : {"/debug", "/debug/", "/debug/pprof/", "/debug/pprof/cmdline"}) {
    EXPECT_EQ(client.request("GET", page).status, 200) << page;
  }
}

TEST(DebugAccess, Item25TheCommandLineShowsNoToken) {
  const TemporaryDirectory data;
  const std::string token = "ns_ZGVmYXVsdA_" + std::string(64, '7');
  const ServerProcess server({.arguments = {"--data-dir", data.path(), "--token", token}});
  HttpClient client(server.port());
  const auto shown = client.request("GET", "/debug/pprof/cmdline", {}, bearer(token));
  EXPECT_EQ(shown.status, 200);
  EXPECT_NE(shown.body.find("--token"), std::string::npos);
  EXPECT_NE(shown.body.find("***"), std::string::npos);
  EXPECT_EQ(shown.body.find("777"), std::string::npos);
}

TEST(DebugAccess, UnknownPagesAndMethodsAreRefused) {
  const ServerProcess server({.arguments = {"--test-mode"}});
  HttpClient client(server.port());
  EXPECT_EQ(client.request("GET", "/debug/there/is/no/such/page").status, 404);
  EXPECT_EQ(client.request("GET", "/debugger").status, 404);
  const auto refused = client.request("POST", "/debug/pprof/cmdline");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.field("Allow"), "GET, HEAD");
  EXPECT_EQ(client.request("DELETE", "/debug/pprof/symbol").field("Allow"), "GET, HEAD, POST");
}

TEST(DebugAccess, MemoryStatisticsTellOfProcessAndPools) {
  const ServerProcess server({.arguments = {"--test-mode"}});
  HttpClient client(server.port());
  client.rpc(R"(["stream.write","account-1",{"type":"Opened","data":{}}])");
  const auto answer = client.request("GET", "/debug/memstats");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  for (const std::string key : {"residentBytes", "arenas", "byteBuffers", "accessCaches",
                                "messageBlocks", "names", "streamHeads", "messageCache"}) {
    EXPECT_NE(answer.body.find('"' + key + "\":"), std::string::npos) << key;
  }
  EXPECT_NE(answer.body.find(R"("names":{"count":2)"), std::string::npos)
      << "a stream and its category: " << answer.body;
  const std::size_t names = answer.body.find("\"names\":");
  for (const std::string figure : {"count", "bytes", "bytesHighWater", "hits", "misses"}) {
    EXPECT_NE(answer.body.find('"' + figure + "\":", names), std::string::npos) << figure;
  }
}

}  // namespace
}  // namespace eventodb::test
