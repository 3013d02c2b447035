#include "net/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/spawn.hpp"
#include "eventodb/limits.hpp"
#include "net/session_thread.hpp"

namespace eventodb::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Sweeps an idle connection may keep its memory.
constexpr std::uint32_t kIdleTicksWithMemory = 2;

// Probes for a peer that vanished without a word. The kernel sends none while it waits for the peer
// to acknowledge bytes, such as those of a comment: then it goes by net.ipv4.tcp_retries2.
constexpr int kKeepAliveIdleSeconds = 60;
constexpr int kKeepAliveProbeSeconds = 15;
constexpr int kKeepAliveProbes = 4;

/// Reads in a row of what a client sends for nothing.
constexpr int kDropTurns = 16;

/// Drops `bytes` from the front of a buffer sequence; true when nothing is left.
bool advance(Connection::Buffers& buffers, std::size_t bytes) {
  std::size_t left = 0;
  for (auto& buffer : buffers) {
    const std::size_t taken = std::min(bytes, buffer.size());
    buffer += taken;
    bytes -= taken;
    left += buffer.size();
  }
  return left == 0;
}

}  // namespace

void RequestMemory::reset() {
  taken = 0;
  for (auto* buffer : {&in, &out, &body}) {
    buffer->clear();
    buffer->shrink_above(limits::kBufferKeptBytes);
  }
  arena.reset();
  write_run.clear();
}

Connection::Connection(SessionThread& thread, int descriptor)
    : thread_(thread), socket_(thread.context()) {
  // The protocol is only a label here: the descriptor is what it is.
  socket_.assign(asio::ip::tcp::v6(), descriptor);
  socket_.non_blocking(true);
  thread_.add(*this);
  enter(Phase::kIdle);
}

Connection::~Connection() {
  if (has_memory()) release_memory();
  if (is_linked()) unlink();
  boost::system::error_code ignored;
  socket_.close(ignored);
  thread_.connection_ended();
}

void Connection::acquire_memory() {
  memory_ = thread_.take_memory();
}

void Connection::release_memory() {
  thread_.give_memory(std::move(memory_));
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  since_ = thread_.tick();
  timed_out_ = false;
  memory_unused_ = false;
}

Awaitable<Connection::ReadEnd> Connection::read(base::ByteBuffer& to, std::size_t bytes_max) {
  if (closing_) co_return ReadEnd::kClosed;
  const auto room = asio::buffer(to.prepare(bytes_max), bytes_max);
  const auto [error, bytes] = co_await base::operation<error_code, std::size_t>(
      [&](auto handler) { socket_.async_read_some(room, std::move(handler)); });
  to.commit(bytes);
  if (!error) co_return ReadEnd::kBytes;
  const bool unused = std::exchange(memory_unused_, false);
  const bool canceled = error == asio::error::operation_aborted;
  co_return canceled&& unused && !closing_ && !timed_out_ ? ReadEnd::kUnused : ReadEnd::kClosed;
}

Awaitable<bool> Connection::wait_readable() {
  if (closing_) co_return false;
  const auto [error] = co_await base::operation<error_code>(
      [&](auto handler) { socket_.async_wait(asio::socket_base::wait_read, std::move(handler)); });
  co_return !error && !closing_;
}

bool Connection::send_now(std::string_view& bytes) {
  boost::system::error_code error;
  bytes.remove_prefix(socket_.write_some(asio_buffer(bytes), error));
  return !error || error == asio::error::would_block;
}

Awaitable<bool> Connection::send(Buffers buffers) {
  const Phase before = phase_;
  for (;;) {
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(buffers, error);
    if (error && error != asio::error::would_block) co_return false;
    if (advance(buffers, sent)) break;
    // Progress, or the beginning of a stall. A stream has no such clock until it ends.
    if (phase_ != Phase::kStream) enter(Phase::kWrite);
    const auto [waited] = co_await base::operation<error_code>([&](auto handler) {
      socket_.async_wait(asio::socket_base::wait_write, std::move(handler));
    });
    if (waited) co_return false;
  }
  if (phase_ != before) enter(before);
  co_return true;
}

bool Connection::drop_received() {
  std::array<char, 4096> dropped;
  for (int turn = 0; turn < kDropTurns; ++turn) {
    boost::system::error_code error;
    socket_.read_some(asio::buffer(dropped), error);
    if (error) return error == asio::error::would_block;
  }
  return true;
}

bool Connection::client_closed() noexcept {
  char byte;
  const ssize_t received = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received == 0 || (received < 0 && errno != EAGAIN && errno != EINTR);
}

void Connection::configure_stream() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::send_buffer_size(limits::kSubscriberSocketBytes), ignored);
  const auto set = [&](int level, int name, int value) {
    ::setsockopt(socket_.native_handle(), level, name, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveProbeSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
}

Awaitable<void> Connection::linger() {
  enter(Phase::kLinger);
  boost::system::error_code error;
  socket_.shutdown(asio::socket_base::shutdown_send, error);
  std::array<char, 4096> ignored;
  while (!error && !closing_) {
    const auto [ended, bytes] = co_await base::operation<error_code, std::size_t>(
        [&](auto handler) { socket_.async_read_some(asio::buffer(ignored), std::move(handler)); });
    error = ended;
  }
}

void Connection::sweep() {
  if (stream_end_ != nullptr) stream_end_->sweep_stream();
  const std::uint32_t passed = thread_.tick() - since_;
  if (passed > thread_.limit_of(phase_)) {
    timed_out_ = true;
    cancel_waits();
  } else if (phase_ == Phase::kIdle && has_memory() && passed >= kIdleTicksWithMemory &&
             !memory_unused_) {
    memory_unused_ = true;
    cancel_waits();
  }
}

void Connection::begin_stop() {
  if (stream_end_ != nullptr) {
    stream_end_->end_stream();
  } else if (phase_ == Phase::kIdle || phase_ == Phase::kHeader) {
    closing_ = true;
    cancel_waits();
  }
}

void Connection::abort() {
  closing_ = true;
  if (stream_end_ != nullptr) stream_end_->end_stream();
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  cancel_waits();
}

void Connection::cancel_waits() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace eventodb::net
