// Too many connections, too few descriptors, and the end of the server, with the real program.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "eventodb/limits.hpp"
#include "support/http_client.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"
#include "wire/transport/resident_bytes.hpp"

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

/// Seconds from the signal to the end, which must be in order. The best of a few: what is promised
/// is what the server does, not what a busy machine leaves it.
template <class Prepare>
double shutdown_seconds(double promised, const Prepare& prepare) {
  double best = promised;
  for (int attempt = 0; attempt < 3 && best >= promised; ++attempt) {
    ServerProcess server(test_mode());
    const std::vector<HttpClient> clients = prepare(server);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(server.stop(), 0);
    best = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  return best;
}

TEST(Shutdown, IdleAndHalfSentConnectionsDoNotHoldItUp) {
  // What the grace of running requests would cost.
  constexpr double kGrace = std::chrono::duration<double>(limits::kShutdownGrace).count();
  const auto seconds = shutdown_seconds(kGrace, [](const ServerProcess& server) {
    std::vector<HttpClient> clients;
    for (int i = 0; i < 3; ++i) clients.emplace_back(server.port());
    EXPECT_EQ(clients[0].rpc(kWrite).status, 200);
    clients[1].send("POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Le");
    return clients;
  });
  EXPECT_LT(seconds, kGrace);
}

TEST(Shutdown, ARequestThatNeverComesInFullEndsWithinFiveSeconds) {
  const auto seconds = shutdown_seconds(5, [](const ServerProcess& server) {
    std::vector<HttpClient> clients;
    clients.emplace_back(server.port());
    clients[0].send("POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[");
    return clients;
  });
  EXPECT_LT(seconds, 5);
}

TEST(Shutdown, BothSignalsEndIt) {
  ServerProcess server(test_mode());
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0);
}

TEST(Overload, AnIdleConnectionCostsLittle) {
  constexpr long kConnections = 2000;
  ServerProcess server(test_mode());
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(server.port());
  EXPECT_EQ(clients.front().rpc(kWrite).status, 200);
  const long before = resident_bytes(server.pid(), "RssAnon");
  for (long i = 0; i < kConnections; ++i) clients.emplace_back(server.port());
  // The listener deals connections out in order: the last one is served after all others.
  EXPECT_EQ(clients.back().rpc(kWrite).status, 200);
  const long each = (resident_bytes(server.pid(), "RssAnon") - before) / kConnections;
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
