#include "net/event_stream.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/bind_allocator.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/logging.hpp"
#include "base/slot_allocator.hpp"
#include "net/session_thread.hpp"

namespace eventodb::net {

using subscription::Framing;

EventStream::EventStream(std::shared_ptr<subscription::Feed> feed, subscription::Request request,
                         Framing framing)
    : subscription_(std::move(feed), std::move(request), framing), framing_(framing) {}

Awaitable<void> EventStream::run(Connection& connection) {
  connection_ = &connection;
  connection.configure_stream();
  connection.enter(Phase::kStream);
  watch_client();
  connection.set_stream_end(this);
  if (connection.thread().stopping()) end_stream();
  try {
    while (!gone_) {
      const std::string_view events = co_await subscription_.next();
      if (events.empty()) break;
      const bool taken = co_await send(events);
      if (!taken) gone_ = true;
    }
  } catch (const std::exception& problem) {
    spdlog::error("a subscription failed: {}", base::loggable(problem.what()));
    gone_ = true;  // without an end: the client must not take it for a regular one
  }
  connection.set_stream_end(nullptr);
  finishing_ = true;
  connection.cancel_waits();
  while (watching_) co_await watch_ended_.wait();
  if (!gone_) co_await send_end();
}

Awaitable<bool> EventStream::send(std::string_view bytes) {
  if (!connection_->send_now(bytes)) co_return false;
  if (bytes.empty()) co_return true;
  sending_ = true;
  const bool taken = co_await connection_->send(bytes);
  sending_ = false;
  co_return taken;
}

/// From here on the client has the usual time to take what is left.
Awaitable<void> EventStream::send_end() {
  connection_->enter(Phase::kServe);
  base::ByteBuffer end;
  subscription::append_end(end, framing_);
  const bool taken = co_await send(end.view());
  if (taken) co_await connection_->linger();
}

/// Notices at once when the client goes, also while nothing is sent to it. No coroutine: thousands
/// of these do nothing but wait.
void EventStream::watch_client() {
  watching_ = true;
  connection_->when_readable(boost::asio::bind_allocator(
      base::SlotAllocator<std::byte>(watch_slot_, sizeof(watch_slot_)),
      [this](boost::system::error_code error) { on_readable(error.failed()); }));
}

void EventStream::on_readable(bool failed) {
  watching_ = false;
  if (finishing_) return watch_ended_.notify();
  if (!failed && connection_->drop_received()) return watch_client();
  gone_ = true;
  subscription_.end();
  connection_->cancel_waits();  // of a send, maybe
}

void EventStream::end_stream() noexcept {
  subscription_.end();
}

void EventStream::sweep_stream() noexcept {
  subscription_.sweep(std::chrono::steady_clock::now());
  // A stream that ends does not wait for its client any longer than an answer would.
  if (sending_ && subscription_.is_ending() && connection_->phase() == Phase::kStream) {
    connection_->enter(Phase::kWrite);
  }
}

}  // namespace eventodb::net
