// Too many connections, too few descriptors, and the end of the server, with the real program.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "support/http_client.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

ServerFlags test_mode() {
  ServerFlags flags;
  flags.arguments = {"--test-mode"};
  return flags;
}

constexpr std::string_view kWrite = R"(["stream.write","a-1",{"type":"T","data":{}}])";

constexpr std::string_view kRead = R"(["stream.get","a-1"])";

/// Status of a request over this connection; nullopt when the server closed it without a word.
std::optional<int> status_over(HttpClient& client) {
  try {
    return client.rpc(kWrite).status;
  } catch (const HttpClientError&) {
    return std::nullopt;
  }
}

TEST(Overload, WithoutDescriptorsOldClientsAreServedAndNewOnesAreTold) {
  ServerProcess server(test_mode());
  // Only once it runs: else it would keep what it needs.
  const rlimit limit{64, 64};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  std::vector<HttpClient> served;
  int refused = 0;
  {
    std::vector<HttpClient> clients;
    for (int i = 0; i < 100; ++i) {
      HttpClient client(server.port());
      const auto status = status_over(client);
      if (status == 200) {
        served.push_back(std::move(client));
      } else {
        EXPECT_TRUE(!status || status == 503) << *status;
        if (status == 503) ++refused;
      }
    }
  }
  EXPECT_GE(served.size(), 16u);
  EXPECT_GT(refused, 0);
  for (int round = 0; round < 10; ++round) {
    for (auto& client : served) EXPECT_EQ(client.rpc(kWrite).status, 200);
  }
  served.clear();
  for (std::optional<int> status; status != 200;) {
    HttpClient again(server.port());
    status = status_over(again);
  }
  EXPECT_EQ(server.stop(), 0);
}

TEST(Overload, FullOfConnectionsItWritesToNamespacesItHasNotOpenedYet) {
  const TemporaryDirectory directory;
  const std::string token = "ns_ZGVmYXVsdA_" + std::string(64, 'a');
  ServerFlags flags;
  flags.arguments = {"-data-dir", directory.path(), "-token", token};
  flags.open_files_max = 256;
  ServerProcess server(flags);
  std::vector<HttpClient> clients;
  for (std::optional<int> status = 401; status == 401;) {
    ASSERT_LT(clients.size(), 256u);
    clients.emplace_back(server.port());
    status = status_over(clients.back());
  }
  EXPECT_GT(clients.size(), 32u);
  // More of them than may be open at once, each made, written and read.
  for (int i = 0; i < 20; ++i) {
    const auto made = clients[0].rpc("[\"ns.create\",\"n" + std::to_string(i) + "\"]", token);
    ASSERT_EQ(made.status, 200) << made.body;
    const std::string own = as_string(parse_json(made.body).at("token"));
    for (const std::string_view call : {kWrite, kRead}) {
      const auto answer = clients[1].rpc(call, own);
      ASSERT_EQ(answer.status, 200) << answer.body;
    }
  }
  EXPECT_EQ(server.stop(), 0);
}

TEST(Shutdown, RequestsInFlightAreAnsweredInFull) {
  constexpr int kClients = 8;
  constexpr int kRequests = 200;
  ServerProcess server(test_mode());
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += http_request("POST", "/rpc", kWrite);
  std::vector<HttpClient> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(server.port());
  for (auto& client : clients) client.send(requests);
  EXPECT_EQ(clients[0].receive().status, 200);  // it is at work
  server.signal(SIGTERM);
  for (auto& client : clients) {
    // Whole answers only, then the end.
    std::string rest = client.receive_rest();
    EXPECT_TRUE(rest.empty() || rest.ends_with("}")) << rest.substr(rest.size() - 100);
  }
  EXPECT_EQ(server.wait(), 0);
}

TEST(Shutdown, IdleAndHalfSentConnectionsDoNotHoldItUp) {
  ServerProcess server(test_mode());
  HttpClient idle(server.port());
  EXPECT_EQ(idle.rpc(kWrite).status, 200);
  HttpClient silent(server.port());
  HttpClient half(server.port());
  half.send("POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Le");
  EXPECT_EQ(server.stop(), 0);
}

TEST(Shutdown, BothSignalsEndIt) {
  ServerProcess server(test_mode());
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0);
}

/// Resident bytes of a process that are no files.
long resident_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stol(line.substr(8)) * 1024;
  }
  return -1;
}

TEST(Overload, AnIdleConnectionCostsLittle) {
  constexpr long kConnections = 2000;
  ServerProcess server(test_mode());
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(server.port());
  EXPECT_EQ(clients.front().rpc(kWrite).status, 200);
  const long before = resident_bytes(server.pid());
  for (long i = 0; i < kConnections; ++i) clients.emplace_back(server.port());
  // The listener deals connections out in order: the last one is served after all others.
  EXPECT_EQ(clients.back().rpc(kWrite).status, 200);
  const long each = (resident_bytes(server.pid()) - before) / kConnections;
  RecordProperty("bytes_per_idle_connection", static_cast<int>(each));
  EXPECT_LT(each, 4096);
}

TEST(Logs, HoldNoTokensAndNoRawBytesOfClients) {
  ServerFlags flags = test_mode();
  flags.arguments.push_back("--log-level=debug");
  ServerProcess server(flags);
  const std::string token = "ns_ZGVmYXVsdA_" + std::string(64, '1');
  HttpClient client(server.port());
  client.rpc(kWrite, token);
  client.request("POST", "/rpc?token=" + token, kWrite);
  client.request("GET", "/%1b[31mred%0a" + token.substr(0, 5));
  EXPECT_EQ(server.stop(), 0);
  const std::string log = server.standard_error();
  EXPECT_NE(log.find("POST /rpc 200"), log.npos) << log;
  EXPECT_EQ(log.find(token), log.npos);
  EXPECT_EQ(log.find('\x1b'), log.npos);
  EXPECT_NE(log.find("\\x1b[31mred\\x0a"), log.npos) << log;
}

}  // namespace
}  // namespace eventodb::test
