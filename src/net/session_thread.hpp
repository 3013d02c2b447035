#pragma once

#include <array>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/idle_memory.hpp"
#include "base/io_thread.hpp"
#include "net/connection.hpp"
#include "net/response_head.hpp"
#include "net/server.hpp"

namespace eventodb::net {

class Router;

/// What all sessions of a server share and none changes.
struct SessionSettings {
  const Router& router;
  std::size_t body_bytes_max;
  Timeouts timeouts;
  std::chrono::milliseconds shutdown_grace;
  /// Counts open connections; already includes one that is being handed over.
  std::atomic<std::int64_t>& connections;
  /// Called on any thread after a connection ended.
  std::function<void()> on_connection_ended;
};

/// One I/O thread with its connections: starts their sessions, sweeps over their time limits, ends
/// them at shutdown. Everything but the constructor, adopt(), refuse(), stop() and
/// ended_cleanly() belongs to the thread that runs it.
class SessionThread {
 public:
  /// `tends_memory`: it also looks after the memory of the process, which one thread does.
  SessionThread(const SessionSettings& settings, bool tends_memory);
  SessionThread(const SessionThread&) = delete;
  SessionThread& operator=(const SessionThread&) = delete;

  /// Serves until stop() and the end of the last connection.
  void run();

  /// Any thread: takes a connected, non-blocking socket and serves it.
  void adopt(int descriptor);
  /// Any thread: answers 503 and closes once the client has seen it.
  void refuse(int descriptor);
  /// Any thread: see Server::run().
  void stop();
  /// After run(): false when a request had to be abandoned.
  bool ended_cleanly() const { return ended_cleanly_; }

  // --- for connections and sessions ---
  boost::asio::io_context& context() { return io_.context(); }
  const SessionSettings& settings() const { return settings_; }
  bool stopping() const { return stopping_; }
  /// Counts sweeps.
  std::uint32_t tick() const { return tick_; }
  /// Ticks a connection may stay in this phase.
  std::uint32_t limit_of(Phase phase) const { return limits_[static_cast<std::size_t>(phase)]; }
  /// For the Date header.
  std::string_view date() { return date_.text(); }

  std::unique_ptr<RequestMemory> take_memory();
  void give_memory(std::unique_ptr<RequestMemory> memory);
  void add(Connection& connection) { connections_.push_back(connection); }
  void connection_ended();

 private:
  using Connections =
      boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

  void start(int descriptor, bool refused);
  void arm_sweep();
  void sweep();
  void begin_stop();
  void abort_all();
  /// Nothing is left to be served.
  bool is_done() const { return stopping_ && connections_.empty(); }
  void end_if_stopped();

  const SessionSettings& settings_;
  base::IoThread io_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer stop_timer_;
  std::array<std::uint32_t, kPhases> limits_;
  std::uint32_t tick_ = 0;
  const bool tends_memory_;
  base::IdleMemory idle_memory_{limits::kFreeMemoryKeptBytes};
  HttpDate date_;
  std::vector<std::unique_ptr<RequestMemory>> free_memory_;
  Connections connections_;
  bool stopping_ = false;
  bool ended_cleanly_ = true;
};

}  // namespace eventodb::net
