#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "auth/authenticator.hpp"
#include "auth/default_namespace.hpp"
#include "net/subscribe_endpoint.hpp"
#include "store/memory/memory_store.hpp"
#include "support/allocation_counter.hpp"
#include "support/run_awaitable.hpp"
#include "unit/net/running_server.hpp"

namespace eventodb::net::test {
namespace {

using eventodb::test::http_request;
using eventodb::test::HttpClient;
using eventodb::test::RunningIoThread;

/// A server with one I/O thread whose store is written by another thread, so that the I/O thread
/// does nothing but tell subscribers.
class SubscribedServer {
 public:
  SubscribedServer() {
    auto made = auth::ensure_default_namespace(*store_, std::nullopt, true);
    EXPECT_TRUE(writer_.run(std::move(made)));
    ns_ = writer_.run(store_->find_namespace("default")).value();
    router_.add("/subscribe", subscribe_);
    router_.add("/allocations", allocations_);
    EXPECT_TRUE(server_.listen());
    thread_ = std::thread([this] { server_.run(); });
    counter_.emplace(server_.port());
  }
  ~SubscribedServer() {
    server_.stop();
    thread_.join();
  }
  SubscribedServer(const SubscribedServer&) = delete;
  SubscribedServer& operator=(const SubscribedServer&) = delete;

  HttpClient subscribe(const std::string& query) const {
    HttpClient client(server_.port());
    client.send(http_request("GET", "/subscribe?" + query));
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunk(), ": ready\n\n");
    return client;
  }

  /// All at once.
  void write(std::string_view stream, int count) { writer_.run(append(stream, count)); }

  /// Of the I/O thread so far.
  std::uint64_t allocations() { return std::stoull(counter_->request("GET", "/allocations").body); }

 private:
  static Server::Options options() {
    Server::Options options;
    options.port = 0;
    options.bind = "127.0.0.1";
    options.io_threads = 1;
    return options;
  }

  Awaitable<void> append(std::string_view stream, int count) {
    NewMessage message;
    message.stream = stream;
    message.type = "Happened";
    message.data = R"({"amount":100,"currency":"EUR"})";
    const std::vector<NewMessage> messages(static_cast<std::size_t>(count), message);
    std::vector<WrittenMessage> written(messages.size());
    EXPECT_TRUE(co_await ns_->append(messages, written));
  }

  std::unique_ptr<Store> store_ = store::make_memory_store();
  NamespaceHandle ns_;
  auth::Authenticator authenticator_{*store_, true};
  SubscribeEndpoint subscribe_{*store_, authenticator_};
  NumberEndpoint allocations_{
      [](Exchange&) { return eventodb::test::allocations_of_this_thread(); }};
  Router router_;
  Server server_{options(), router_};
  std::thread thread_;
  RunningIoThread writer_;
  std::optional<HttpClient> counter_;
};

// From the notice of an append through the log, the rendering and the socket, for every kind.
TEST(Allocations, AnEventOnItsWayToTheSocketMakesNone) {
  constexpr int kWarmUps = 10;
  constexpr int kRounds = 10;
  constexpr int kMessages = 50;
  SubscribedServer server;
  std::vector<HttpClient> subscribers;
  for (const char* query : {"stream=account-1", "category=account", "all=true",
                            "category=account&size=1", "stream=account-1&payload=true",
                            "category=account&payload=true", "all=true&payload=true"}) {
    for (int i = 0; i < 3; ++i) subscribers.push_back(server.subscribe(query));
  }
  const auto tell_everyone = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const int count = 1 + i % 2;  // the feed rests after two
      server.write("account-1", count);
      for (auto& each : subscribers) {
        for (int n = 0; n < count; ++n) ASSERT_GT(each.receive_chunk().size(), 70U);
      }
    }
  };
  // Asked often: a connection that was silent for seconds gives its memory back.
  std::uint64_t allocated = 0;
  for (int round = -kWarmUps; round < kRounds; ++round) {
    server.allocations();
    const std::uint64_t before = server.allocations();
    const std::uint64_t asking = server.allocations() - before;
    const std::uint64_t start = server.allocations();
    tell_everyone(kMessages);
    if (round >= 0) allocated += server.allocations() - start - asking;
  }
  // Fewer than one for a thousand events is none of an event: more
  // coroutines than ever before may wait at once.
  EXPECT_LT(allocated, kRounds * kMessages * subscribers.size() / 1000)
      << "for " << kRounds * kMessages << " messages to " << subscribers.size() << " subscribers";
}

}  // namespace
}  // namespace eventodb::net::test
