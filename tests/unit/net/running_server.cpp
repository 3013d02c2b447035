#include "unit/net/running_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "base/io_thread.hpp"
#include "net/session_thread.hpp"
#include "support/allocation_counter.hpp"

namespace eventodb::net::test {
namespace {

std::size_t number_of(Exchange& exchange, std::string_view name) {
  const auto text = query_parameter(exchange.head().target.query, name, exchange.arena());
  return std::strtoul(std::string(text).c_str(), nullptr, 10);
}

}  // namespace

Awaitable<void> EchoEndpoint::serve(Exchange& exchange) {
  bool complete = exchange.take_body();
  if (!complete) complete = co_await exchange.read_body();
  if (!complete) co_return;
  exchange.begin_answer();
  exchange.out().append(exchange.body().view());
  exchange.end_answer(200);
}

Awaitable<void> HoldEndpoint::serve(Exchange& exchange) {
  entered_ = true;
  entered_.notify_all();
  co_await released_.wait();
  exchange.answer({}, "held");
}

Awaitable<void> SweepDueEndpoint::serve(Exchange& exchange) {
  SessionThread& thread = exchange.connection().thread();
  entered_ = true;
  entered_.notify_all();
  while (!thread.stopping()) co_await base::next_turn();
  const auto start = std::chrono::steady_clock::now();
  const auto due = start + 2 * thread.settings().timeouts.sweep_period;
  while (std::chrono::steady_clock::now() < due) {
  }
  // The sweep is found due before the loop comes back here, and runs behind us.
  co_await base::next_turn();
  exchange.answer({}, "done");
}

Awaitable<void> StoppingEndpoint::serve(Exchange& exchange) {
  exchange.connection().thread().stop();
  exchange.answer({}, "done");
  co_return;
}

Awaitable<void> PiecesEndpoint::serve(Exchange& exchange) {
  const std::size_t pieces = number_of(exchange, "pieces");
  const std::string piece(number_of(exchange, "bytes"), 'x');
  static_cast<void>(exchange.take_body());
  exchange.begin_answer();
  for (std::size_t i = 0; i < pieces; ++i) {
    exchange.out().append(piece);
    const bool sent = co_await exchange.send_piece();
    if (!sent) {
      broken_off_ = true;
      broken_off_.notify_all();
      break;
    }
  }
  exchange.out().append("end");
  exchange.end_answer(static_cast<int>(number_of(exchange, "status")));
}

Awaitable<void> ThrowingEndpoint::serve(Exchange& exchange) {
  exchange.begin_answer();
  exchange.out().append("half an answer with a secret");
  throw std::runtime_error("a library failed");
  co_return;
}

Awaitable<void> NumberEndpoint::serve(Exchange& exchange) {
  exchange.answer({}, std::to_string(number_(exchange)));
  co_return;
}

RunningServer::RunningServer(Server::Options options)
    : ticks([](Exchange& exchange) -> std::uint64_t {
        return exchange.connection().thread().tick();
      }),
      allocations([](Exchange&) { return eventodb::test::allocations_of_this_thread(); }) {
  router_.add("/echo", echo);
  router_.add("/hold", hold);
  router_.add("/sweep-due", sweep_due);
  router_.add("/stopping", stopping);
  router_.add("/pieces", pieces);
  router_.add("/throw", throwing);
  router_.add("/silent", silent);
  router_.add("/ticks", ticks);
  router_.add("/allocations", allocations);
  options.port = 0;
  if (options.bind.empty()) options.bind = "127.0.0.1";
  server_ = std::make_unique<Server>(options, router_);
  const auto listening = server_->listen();
  if (!listening) throw std::runtime_error(listening.error().message);
  thread_ = std::thread([this] { ended_cleanly_ = server_->run(); });
}

RunningServer::~RunningServer() {
  if (!thread_.joinable()) return;
  EXPECT_TRUE(stop());
}

std::string RunningServer::exchange(const std::string& bytes) const {
  auto client = connect();
  client.send(bytes);
  return client.receive_rest();
}

bool RunningServer::stop() {
  server_->stop();
  thread_.join();
  return ended_cleanly_;
}

}  // namespace eventodb::net::test
