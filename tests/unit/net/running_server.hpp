#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/wake_up.hpp"
#include "net/exchange.hpp"
#include "net/router.hpp"
#include "net/server.hpp"
#include "support/http_client.hpp"

namespace eventodb::net::test {

/// POST: answers the body it got.
class EchoEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
};

/// Answers "held" once release() was called; one request at a time.
class HoldEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
  /// Blocks until a request is being held.
  void await_request() { entered_.wait(false); }
  void release() { released_.notify(); }

 private:
  std::atomic<bool> entered_{false};
  base::WakeUp released_;
};

/// Answers once the server is stopping, and by then has kept its thread busy until a sweep was due.
class SweepDueEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
  /// Blocks until a request is being served.
  void await_request() { entered_.wait(false); }

 private:
  std::atomic<bool> entered_{false};
};

/// Begins to stop its thread and answers. The stop then comes when the answer is sent and the
/// connection has let others have their turn before it reads on.
class StoppingEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
};

/// Answers in pieces: ?pieces=N of ?bytes=B, then with ?status=S.
class PiecesEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
  /// Blocks until an answer broke off because its client was gone.
  void await_broken_off() { broken_off_.wait(false); }

 private:
  std::atomic<bool> broken_off_{false};
};

/// Throws after it has rendered half an answer.
class ThrowingEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
};

/// Returns without an answer.
class SilentEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange&) override { co_return; }
};

/// Answers a number about the thread it runs on.
class NumberEndpoint final : public Endpoint {
 public:
  explicit NumberEndpoint(std::uint64_t (*number)(Exchange&)) : number_(number) {}
  Awaitable<void> serve(Exchange& exchange) override;

 private:
  std::uint64_t (*number_)(Exchange&);
};

/// A server over these endpoints on a free port, running on a thread of its own.
class RunningServer {
 public:
  /// `options.port` and `bind` are set here.
  explicit RunningServer(Server::Options options = {});
  ~RunningServer();

  std::uint16_t port() const { return server_->port(); }
  Server& server() { return *server_; }
  eventodb::test::HttpClient connect() const { return eventodb::test::HttpClient(port()); }
  /// Sends the bytes in a connection of their own and returns all that comes back until the server
  /// closes.
  std::string exchange(const std::string& bytes) const;
  /// Stops and waits; what Server::run() returned.
  bool stop();

  EchoEndpoint echo;
  HoldEndpoint hold;
  SweepDueEndpoint sweep_due;
  StoppingEndpoint stopping;
  PiecesEndpoint pieces;
  ThrowingEndpoint throwing;
  SilentEndpoint silent;
  NumberEndpoint ticks;
  NumberEndpoint allocations;

 private:
  Router router_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
  bool ended_cleanly_ = false;
};

/// Counts a server's sweeps through a connection of its own.
class Clock {
 public:
  explicit Clock(const RunningServer& server) : client_(server.connect()) {}
  /// Waits for that many sweeps.
  void pass_ticks(int ticks) {
    for (const int start = now(); now() < start + ticks;) {
    }
  }

 private:
  int now() { return std::stoi(client_.request("GET", "/ticks").body); }

  eventodb::test::HttpClient client_;
};

}  // namespace eventodb::net::test
