#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "eventodb/error.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::net {

class Router;

/// How long a connection may stay in each state. One sweep per I/O thread and `sweep_period`
/// enforces them, so a deadline is met at most one period late.
struct Timeouts {
  std::chrono::milliseconds header = limits::kHeaderTimeout;
  std::chrono::milliseconds body_stall = limits::kBodyStallTimeout;
  std::chrono::milliseconds idle = limits::kIdleTimeout;
  std::chrono::milliseconds write_stall = limits::kWriteStallTimeout;
  std::chrono::milliseconds linger = limits::kLingerTimeout;
  std::chrono::milliseconds sweep_period = std::chrono::seconds(1);
};

/// The HTTP front: one listener, a few I/O threads, the connections on them.
///
/// The server brings its own I/O threads. What must be awaited before it listens (for example
/// ensuring the default namespace) runs on an IoThread of main's own: spawn() it there, call
/// IoThread::run(), and let that IoThread go.
///
///   net::ServiceEndpoints endpoints({store, authenticator, dispatcher});
///   net::Server server(options, endpoints.router());
///   if (auto listening = server.listen(); !listening) ...
///   print(server.address());
///   const bool ended = server.run();   // until stop()
class Server {
 public:
  struct Options {
    std::uint16_t port = 8080;  ///< 0: any free one; see Server::port()
    std::string bind;           ///< numeric address; empty: all, IPv6 and IPv4 on one socket
    unsigned io_threads = 0;    ///< 0: half the processors, at least one
    std::size_t connections_max = limits::kConnectionsMax;
    std::size_t body_bytes_max = limits::kRequestBodyBytesMax;
    std::chrono::milliseconds shutdown_grace = limits::kShutdownGrace;
    Timeouts timeouts;
    /// Where open connections are counted (sys.health shows it); null: in the server itself.
    std::atomic<std::int64_t>* connections = nullptr;
  };

  /// `router` and `*options.connections` must outlive the server.
  Server(Options options, const Router& router);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and listens; from here on clients can connect and are served once run() runs. Fails
  /// with kInternalError and a text fit for the operator (address in use, bad address).
  Result<void> listen();

  /// The port bound by listen().
  std::uint16_t port() const;
  /// What listen() bound, as it stands in a URL: "[::]:8080", "0.0.0.0:8080", "127.0.0.1:8080".
  std::string address() const;

  /// Serves on this thread and on io_threads - 1 further ones until stop(). Then no connection is
  /// accepted, idle ones close at once, requests already received are answered within the grace,
  /// and what is left is cut off. Returns true when every connection has ended, which is the
  /// rule. False: a request still waits for the storage limits::kAbandonAfter after the grace; then
  /// neither server nor store may be destroyed, leave with std::_Exit.
  bool run();

  /// Makes run() end. Any thread; more than once is fine; also before run().
  void stop();

  /// Connections open now.
  std::int64_t connections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace eventodb::net
