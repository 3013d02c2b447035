#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/memory_figures.hpp"
#include "unit/net/running_server.hpp"

namespace eventodb::net::test {
namespace {

using eventodb::test::http_request;
using eventodb::test::HttpClient;

std::uint64_t number(HttpClient& client, const std::string& path) {
  return std::stoull(client.request("GET", path).body);
}

Server::Options one_thread() {
  Server::Options options;
  options.io_threads = 1;
  return options;
}

/// What `times` rounds of `round` cost the server's thread, beyond the asking.
template <class Round>
std::uint64_t allocations_of(HttpClient& client, int times, Round round) {
  number(client, "/allocations");
  const std::uint64_t before = number(client, "/allocations");
  const std::uint64_t asking = number(client, "/allocations") - before;
  const std::uint64_t start = number(client, "/allocations");
  for (int i = 0; i < times; ++i) round();
  return number(client, "/allocations") - start - asking;
}

/// Whether 20 rounds in a row come to cost nothing. Which segments the server finds waiting
/// together is up to the machine, and a sequence of coroutine frames that comes up for the first
/// time may miss Asio's cache of them; what costs something in every round never comes to nothing.
template <class Round>
bool comes_to_none(HttpClient& client, Round round) {
  constexpr int kTries = 50;
  for (int i = 0; i < kTries; ++i) {
    if (allocations_of(client, 20, round) == 0) return true;
  }
  return false;
}

TEST(Allocations, AKeepAliveRequestMakesNone) {
  RunningServer server(one_thread());
  auto client = server.connect();
  const std::string body(300, 'b');
  const auto request = [&] { client.request("POST", "/echo?token=abc", body); };
  for (int i = 0; i < 10; ++i) request();
  EXPECT_EQ(allocations_of(client, 100, request), 0u);
}

TEST(Allocations, PipelinedAndSegmentedRequestsMakeNone) {
  RunningServer server(one_thread());
  auto client = server.connect();
  const std::string body(300, 'b');
  std::string requests;
  for (int i = 0; i < 16; ++i) requests += http_request("POST", "/echo", body);
  const auto pipelined = [&] {
    client.send(requests);
    for (int i = 0; i < 16; ++i) client.receive();
  };
  const auto segmented = [&] {
    const std::string request = http_request("POST", "/echo", body);
    client.send(request.substr(0, 40));
    client.send(request.substr(40, 100));
    client.send(request.substr(140));
    client.receive();
  };
  EXPECT_TRUE(comes_to_none(client, pipelined));
  EXPECT_TRUE(comes_to_none(client, segmented));
}

TEST(Allocations, ARequestThatIsRefusedMakesFew) {
  RunningServer server(one_thread());
  auto client = server.connect();
  const auto request = [&] { client.request("GET", "/nowhere"); };
  for (int i = 0; i < 10; ++i) request();
  EXPECT_LE(allocations_of(client, 100, request), 200u);
}

/// How many request memories the process holds: each has one arena.
std::int64_t request_memories() {
  return base::memory_figures(base::MemoryKind::kArenas).count;
}

TEST(Allocations, AnIdleConnectionHoldsNoRequestMemory) {
  constexpr int kConnections = 200;
  Server::Options options = one_thread();
  options.timeouts.sweep_period = std::chrono::milliseconds(5);
  RunningServer server(options);
  Clock clock(server);
  std::vector<HttpClient> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(server.connect());
  for (auto& client : clients) client.request("POST", "/echo", "x");
  clock.pass_ticks(10);
  EXPECT_LT(request_memories(), kConnections / 2);
  EXPECT_EQ(server.server().connections(), kConnections + 1);
  for (auto& client : clients) EXPECT_EQ(client.request("POST", "/echo", "y").body, "y");
}

}  // namespace
}  // namespace eventodb::net::test
