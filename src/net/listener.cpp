#include "net/listener.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/byte_buffer.hpp"
#include "net/response_head.hpp"
#include "net/session_thread.hpp"
#include "rpc/error_json.hpp"

namespace eventodb::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
/// Connections accepted before the thread's other work gets its turn.
constexpr int kAcceptsPerTurn = 64;
/// Refused connections that may be open beyond the limit while their clients read the answer: one
/// for every eight others, so that few descriptors are not spent on them.
std::int64_t refused_max(std::int64_t connections_max) {
  return std::min<std::int64_t>(256, connections_max / 8 + 1);
}
/// A paused listener looks again after this time even if no connection ended: other parts of the
/// program hold descriptors too.
constexpr auto kRetryAfter = std::chrono::seconds(1);

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/// 503 to a client nobody can look after: what it sends later is answered by a reset.
void refuse_and_close(int descriptor) {
  base::ByteBuffer out;
  HttpDate date;
  HeadPlace place;
  place.reserve(out, date.text());
  rpc::append_error(out, {ErrorCode::kOverloaded, "too many connections", {}});
  ResponseHead head;
  head.status = 503;
  head.close = true;
  place.fill(out, head, date.text());
  char ignored[4096];
  if (::send(descriptor, out.data(), out.size(), MSG_NOSIGNAL) > 0) {
    ::shutdown(descriptor, SHUT_WR);
    // Unread bytes at close would reset the connection and the answer with it.
    while (::recv(descriptor, ignored, sizeof(ignored), MSG_DONTWAIT) > 0) {
    }
  }
  ::close(descriptor);
}

Error cannot(const std::string& what, const error_code& error) {
  return {ErrorCode::kInternalError, "cannot " + what + ": " + error.message(), {}};
}

}  // namespace

Listener::Listener(std::span<const std::unique_ptr<SessionThread>> threads,
                   std::size_t connections_max, std::atomic<std::int64_t>& connections)
    : threads_(threads),
      connections_max_(connections_max),
      connections_(connections),
      acceptor_(threads.front()->context()),
      retry_(threads.front()->context()),
      reserve_(open_reserve()) {}

Listener::~Listener() {
  if (reserve_ >= 0) ::close(reserve_);
}

Result<void> Listener::listen(const std::string& address, std::uint16_t port) {
  if (address.empty()) {
    auto both = open({boost::asio::ip::address_v6::any(), port});
    const bool ipv6_missing = !both && !acceptor_.is_open();
    return ipv6_missing ? open({boost::asio::ip::address_v4::any(), port}) : both;
  }
  error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (error) return cannot("bind to " + address, error);
  return open({parsed, port});
}

/// Leaves the acceptor closed if the machine does not know the address family.
Result<void> Listener::open(const tcp::endpoint& endpoint) {
  error_code error;
  const std::string where =
      endpoint.address().to_string() + " port " + std::to_string(endpoint.port());
  acceptor_.open(endpoint.protocol(), error);
  if (error) return cannot("listen on " + where, error);
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  const bool any_ipv6 = endpoint.address().is_v6() && endpoint.address().is_unspecified();
  if (any_ipv6) acceptor_.set_option(boost::asio::ip::v6_only(false), error);
  acceptor_.bind(endpoint, error);
  if (error == boost::system::errc::address_not_available && any_ipv6) {
    error_code ignored;
    acceptor_.close(ignored);  // IPv6 is switched off
  }
  if (!error) acceptor_.listen(kBacklog, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) return cannot("listen on " + where, error);
  wait();
  return {};
}

void Listener::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

void Listener::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](error_code error) {
    if (!error) accept_waiting();
  });
}

void Listener::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    bool accepted = accept_one();
    // Without descriptors accept says so before it looks whether anyone is waiting.
    if (!accepted && out_of_resources(errno)) accepted = refuse_with_reserve();
    if (accepted) continue;
    if (errno == EAGAIN) break;
    if (out_of_resources(errno)) {
      pause();
      return;
    }
    // Anything else concerns one connection that is already gone.
  }
  wait();
}

/// False: none was accepted, errno says why.
bool Listener::accept_one() {
  const int descriptor =
      ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return false;
  hand_over(descriptor);
  return true;
}

void Listener::hand_over(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const std::int64_t open = connections_.fetch_add(1, std::memory_order_relaxed) + 1;
  const auto limit = static_cast<std::int64_t>(connections_max_);
  if (open > limit + refused_max(limit)) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    refuse_and_close(descriptor);
    return;
  }
  SessionThread& thread = *threads_[next_thread_++ % threads_.size()];
  if (open > limit) {
    thread.refuse(descriptor);
  } else {
    thread.adopt(descriptor);
  }
}

/// Frees the reserve descriptor for a moment to tell one client that there is no room. False: there
/// was none, or even that did not work; errno says which.
bool Listener::refuse_with_reserve() {
  if (reserve_ < 0) return false;
  ::close(reserve_);
  const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
  const int reason = errno;
  if (descriptor >= 0) refuse_and_close(descriptor);
  reserve_ = open_reserve();
  errno = reason;
  return descriptor >= 0;
}

void Listener::pause() {
  spdlog::warn("no descriptors left; accepting again when a connection ends");
  paused_.store(true, std::memory_order_release);
  retry_.expires_after(kRetryAfter);
  retry_.async_wait([this](error_code error) {
    if (!error) resume();
  });
}

void Listener::resume() {
  if (stopped_ || !paused_.exchange(false, std::memory_order_acq_rel)) return;
  retry_.cancel();
  if (reserve_ < 0) reserve_ = open_reserve();
  wait();
}

void Listener::connection_ended() {
  if (!paused_.load(std::memory_order_acquire)) return;
  boost::asio::post(acceptor_.get_executor(), [this] { resume(); });
}

}  // namespace eventodb::net
