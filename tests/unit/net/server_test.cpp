#include "net/server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "unit/net/running_server.hpp"

namespace eventodb::net::test {
namespace {

using eventodb::test::http_request;
using eventodb::test::HttpClient;
using eventodb::test::HttpResponse;
using std::chrono::milliseconds;

constexpr auto kSoon = milliseconds(30);

Server::Options listen_on(std::uint16_t port, const std::string& address = {}) {
  Server::Options options;
  options.port = port;
  options.bind = address;
  return options;
}

/// Every limit far away, the sweep quick.
Server::Options quick_sweep() {
  Server::Options options;
  options.timeouts.sweep_period = milliseconds(5);
  return options;
}

TEST(Server, AnswersAHeaderThatDoesNotArriveWith408) {
  Server::Options options = quick_sweep();
  options.timeouts.header = kSoon;
  RunningServer server(options);
  auto client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nA: ");
  const HttpResponse response = client.receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.field("Connection"), "close");
  client.shutdown_send();
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, AHeaderMayNotTrickleInForEver) {
  Server::Options options = quick_sweep();
  options.timeouts.header = kSoon;
  RunningServer server(options);
  Clock clock(server);
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nA: ");
  // Each byte is progress; the time counts from the first one all the same.
  for (int i = 0; i < 20; ++i) {
    client.send("a");
    clock.pass_ticks(1);
  }
  client.send("\r\n\r\n");
  EXPECT_EQ(client.receive().status, 408);
}

TEST(Server, AnswersAStalledBodyWith408) {
  Server::Options options = quick_sweep();
  options.timeouts.body_stall = kSoon;
  RunningServer server(options);
  for (const std::string& request :
       {std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"),
        std::string(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")}) {
    auto client = server.connect();
    client.send(http_request("POST", "/echo", "earlier") + request);
    EXPECT_EQ(client.receive().body, "earlier");
    EXPECT_EQ(client.receive().status, 408);
    client.shutdown_send();
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(Server, AStalledBodyNobodyWantsGetsNoSecondAnswer) {
  Server::Options options = quick_sweep();
  options.timeouts.body_stall = kSoon;
  RunningServer server(options);
  auto client = server.connect();
  client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.receive().status, 404);
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, ClosesAnIdleConnectionWithoutAWord) {
  Server::Options options = quick_sweep();
  options.timeouts.idle = kSoon;
  RunningServer server(options);
  auto never_used = server.connect();
  auto used = server.connect();
  EXPECT_EQ(used.request("POST", "/echo", "x").body, "x");
  EXPECT_TRUE(used.is_closed());
  EXPECT_TRUE(never_used.is_closed());
}

TEST(Server, CutsAClientThatDoesNotRead) {
  Server::Options options = quick_sweep();
  options.timeouts.write_stall = kSoon;
  RunningServer server(options);
  auto client = server.connect();
  client.send(http_request("GET", "/pieces?pieces=1000&bytes=1000000&status=200"));
  server.pieces.await_broken_off();
  EXPECT_FALSE(client.receive_rest().ends_with("0\r\n\r\n"));
}

TEST(Server, ARunningRequestHasNoTimeLimit) {
  Server::Options options = quick_sweep();
  options.timeouts.header = options.timeouts.body_stall = options.timeouts.idle =
      options.timeouts.write_stall = kSoon;
  RunningServer server(options);
  auto client = server.connect();
  client.send(http_request("GET", "/hold"));
  server.hold.await_request();
  auto other = server.connect();
  EXPECT_TRUE(other.is_closed());  // the idle time has passed
  server.hold.release();
  EXPECT_EQ(client.receive().body, "held");
}

TEST(Server, AnIdleConnectionServesAfterItsMemoryWasTakenBack) {
  RunningServer server(quick_sweep());
  auto idle = server.connect();
  EXPECT_EQ(idle.request("POST", "/echo", "x").body, "x");
  Clock(server).pass_ticks(10);
  EXPECT_EQ(idle.request("POST", "/echo", "y").body, "y");
}

TEST(Server, RefusesConnectionsOverTheLimit) {
  Server::Options options;
  options.connections_max = 2;
  RunningServer server(options);
  auto first = server.connect();
  {
    auto second = server.connect();
    EXPECT_EQ(first.request("POST", "/echo", "x").body, "x");
    EXPECT_EQ(second.request("POST", "/echo", "x").body, "x");
    auto third = server.connect();
    const HttpResponse refused = third.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.field("Retry-After"), "1");
    EXPECT_EQ(refused.field("Connection"), "close");
    EXPECT_NE(refused.body.find("\"OVERLOADED\""), std::string::npos);
    third.shutdown_send();
    EXPECT_TRUE(third.is_closed());
    EXPECT_EQ(first.request("POST", "/echo", "y").body, "y");
  }
  while (server.server().connections() > 1) std::this_thread::yield();
  EXPECT_EQ(server.connect().request("POST", "/echo", "z").body, "z");
}

TEST(Server, ServesOnSeveralThreads) {
  Server::Options options;
  options.io_threads = 3;
  RunningServer server(options);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(server.connect());
  for (auto& client : clients) client.send(http_request("POST", "/echo", "x"));
  for (auto& client : clients) EXPECT_EQ(client.receive().body, "x");
  EXPECT_EQ(server.server().connections(), 9);
}

TEST(Server, ListensOnBothFamilies) {
  Router router;
  Server server(listen_on(0), router);
  ASSERT_TRUE(server.listen());
  std::thread running([&] { server.run(); });
  EXPECT_EQ(HttpClient(server.port(), "127.0.0.1").request("GET", "/").status, 404);
  if (server.address().starts_with("[::]:")) {
    EXPECT_EQ(HttpClient(server.port(), "::1").request("GET", "/").status, 404);
  } else {
    EXPECT_TRUE(server.address().starts_with("0.0.0.0:")) << server.address();
  }
  server.stop();
  running.join();
}

TEST(Server, SaysWhyItCannotListen) {
  RunningServer running;
  Router router;
  Server taken(listen_on(running.port(), "127.0.0.1"), router);
  const auto failed = taken.listen();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("in use"), std::string::npos) << failed.error().message;
  Server nonsense(listen_on(0, "nonsense"), router);
  EXPECT_FALSE(nonsense.listen());
}

TEST(Server, StopsAtOnceWhenNothingRuns) {
  RunningServer server;
  auto idle = server.connect();
  EXPECT_EQ(idle.request("POST", "/echo", "x").body, "x");
  auto silent = server.connect();
  EXPECT_TRUE(server.stop());
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(silent.is_closed());
}

TEST(Server, HalfAHeaderIsNoRequestToWaitFor) {
  Server::Options options;
  options.shutdown_grace = std::chrono::hours(1);
  options.io_threads = 1;
  RunningServer server(options);
  auto fresh = server.connect();
  fresh.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Le");
  auto used = server.connect();
  EXPECT_EQ(used.request("POST", "/echo", "x").body, "x");
  used.send("POST /echo HTTP/1.1\r\nHo");
  auto last = server.connect();  // on the one thread, what it sends is seen after all that
  EXPECT_EQ(last.request("POST", "/echo", "x").body, "x");
  EXPECT_TRUE(server.stop());
  EXPECT_TRUE(fresh.is_closed());
  EXPECT_TRUE(used.is_closed());
}

/// The stop comes while the connection lets the others have their turn before it reads again.
TEST(Server, ClosesAConnectionThatHasJustBeenAnsweredWhenItStops) {
  Server::Options options;
  options.shutdown_grace = options.timeouts.idle = options.timeouts.header = std::chrono::hours(1);
  for (const char* behind : {"", "POST /echo HTTP/1.1\r\nHo"}) {  // the next request has begun
    RunningServer server(options);
    auto client = server.connect();
    client.send(http_request("GET", "/stopping") + behind);
    const HttpResponse response = client.receive();
    EXPECT_EQ(response.body, "done");
    EXPECT_NE(response.field("Connection"), "close") << "the stop came before the answer was sent";
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(server.stop());
  }
}

TEST(Server, AnswersRunningRequestsBeforeItStops) {
  RunningServer server(quick_sweep());
  auto client = server.connect();
  client.send(http_request("GET", "/hold") + http_request("POST", "/echo", "behind"));
  server.hold.await_request();
  auto idle = server.connect();
  EXPECT_EQ(idle.request("POST", "/echo", "x").body, "x");
  server.server().stop();
  EXPECT_TRUE(idle.is_closed());  // shutdown has begun
  server.hold.release();
  const HttpResponse response = client.receive();
  EXPECT_EQ(response.body, "held");
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(server.stop());
}

TEST(Server, CutsOffWhatOutlivesTheGrace) {
  Server::Options options;
  options.shutdown_grace = milliseconds(10);
  RunningServer server(options);
  auto uploading = server.connect();
  uploading.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  auto other = server.connect();
  EXPECT_EQ(other.request("POST", "/echo", "x").body, "x");
  EXPECT_TRUE(server.stop());
  EXPECT_TRUE(uploading.is_closed());
}

TEST(Server, ASweepThatIsDueWhenTheLastConnectionEndsDoesNotKeepItRunning) {
  RunningServer server(quick_sweep());
  auto client = server.connect();
  client.send(http_request("GET", "/sweep-due"));
  server.sweep_due.await_request();
  EXPECT_TRUE(server.stop());
  EXPECT_EQ(client.receive().body, "done");
}

TEST(Server, LeavesWithoutARequestThatTheStorageNeverAnswers) {
  Server::Options options;
  options.shutdown_grace = milliseconds(10);
  // Whoever gets false from run() may not destroy the server, and neither may this test.
  static auto* const server = new RunningServer(options);
  auto client = server->connect();
  client.send(http_request("GET", "/hold"));
  server->hold.await_request();
  EXPECT_FALSE(server->stop());
}

TEST(Server, StopBeforeRunIsNotLost) {
  Router router;
  Server server(listen_on(0), router);
  ASSERT_TRUE(server.listen());
  server.stop();
  EXPECT_TRUE(server.run());
}

}  // namespace
}  // namespace eventodb::net::test
