#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "eventodb/error.hpp"

namespace eventodb::net {

class SessionThread;

/// Accepts connections and deals them out to the threads in turn. Over the limit a connection is
/// answered 503; without free descriptors too, by means of one kept in reserve. Runs on the first
/// thread; only connection_ended() may be called from others.
class Listener {
 public:
  Listener(std::span<const std::unique_ptr<SessionThread>> threads, std::size_t connections_max,
           std::atomic<std::int64_t>& connections);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Binds, listens and begins to accept. An empty address is every one, IPv6 and IPv4, or IPv4
  /// only on a machine without IPv6.
  Result<void> listen(const std::string& address, std::uint16_t port);
  boost::asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

  void stop();

  /// Any thread: a descriptor may be free again.
  void connection_ended();

 private:
  Result<void> open(const boost::asio::ip::tcp::endpoint& endpoint);
  void wait();
  void accept_waiting();
  bool accept_one();
  bool refuse_with_reserve();
  void pause();
  void resume();
  void hand_over(int descriptor);

  std::span<const std::unique_ptr<SessionThread>> threads_;
  const std::size_t connections_max_;
  std::atomic<std::int64_t>& connections_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::steady_timer retry_;
  std::size_t next_thread_ = 0;
  int reserve_ = -1;
  std::atomic<bool> paused_{false};
  bool stopped_ = false;
};

}  // namespace eventodb::net
