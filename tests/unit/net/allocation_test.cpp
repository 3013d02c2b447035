#include <gtest/gtest.h>
#include <malloc.h>

#include <iostream>
#include <string>
#include <vector>

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
  for (int i = 0; i < 10; ++i) pipelined();
  EXPECT_EQ(allocations_of(client, 20, pipelined), 0u);
  for (int i = 0; i < 10; ++i) segmented();
  EXPECT_EQ(allocations_of(client, 20, segmented), 0u);
}

TEST(Allocations, ARequestThatIsRefusedMakesFew) {
  RunningServer server(one_thread());
  auto client = server.connect();
  const auto request = [&] { client.request("GET", "/nowhere"); };
  for (int i = 0; i < 10; ++i) request();
  EXPECT_LE(allocations_of(client, 100, request), 200u);
}

/// Linux and glibc keep the rest: this is what the program's heap holds for one that waits.
TEST(Allocations, AnIdleConnectionHoldsLittle) {
  constexpr int kConnections = 400;
  constexpr std::size_t kBytesMax = 4096;
  ::mallopt(M_ARENA_MAX, 1);  // or the server's thread would have statistics of its own
  Server::Options options = one_thread();
  options.timeouts.sweep_period = std::chrono::milliseconds(5);
  RunningServer server(options);
  Clock clock(server);
  const auto held = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
  {
    std::vector<HttpClient> warm_up;
    for (int i = 0; i < 40; ++i) warm_up.push_back(server.connect());
    for (auto& client : warm_up) client.request("POST", "/echo", "x");
    clock.pass_ticks(10);
  }
  const std::size_t before = held();
  std::vector<HttpClient> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(server.connect());
  for (auto& client : clients) client.request("POST", "/echo", "x");
  clock.pass_ticks(10);
  const std::size_t after = held();
  ASSERT_GT(after, before);
  const std::size_t each = (after - before) / kConnections;
  std::cout << before << ' ' << after << std::endl;
  RecordProperty("bytes_per_idle_connection", static_cast<int>(each));
  EXPECT_LT(each, kBytesMax);
}

}  // namespace
}  // namespace eventodb::net::test
