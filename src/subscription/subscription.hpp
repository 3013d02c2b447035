#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <variant>

#include "base/byte_buffer.hpp"
#include "base/wake_up.hpp"
#include "eventodb/store.hpp"
#include "subscription/event_text.hpp"
#include "subscription/feed.hpp"
#include "subscription/request.hpp"

namespace eventodb::subscription {

/// One subscriber: reads the log from its position until it has caught up, then is offered what is
/// new by the feed; when it falls behind it reads the log again. It never holds more than about
/// twice limits::kSubscriberBufferBytes, and no buffer at all while it has nothing to send. It
/// loses nothing and repeats nothing. Lives on one I/O thread.
class Subscription : public ListHook<JoinedTag>, public ListHook<LiveTag> {
 public:
  /// The feed's FeedSet must outlive it.
  Subscription(std::shared_ptr<Feed> feed, Request request, Framing framing);
  /// REQUIRES: neither start() nor next() is running.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// Registers. After success every message written from now on will be delivered (protocol D41).
  /// Fails as the namespace's reads do.
  Awaitable<Result<void>> start();

  /// Waits for what to send next: events, or a comment after a silence; rendered and framed. ""
  /// when nothing follows. Valid until the next call. One caller at a time.
  Awaitable<std::string_view> next();

  /// Makes next() return "" as soon as what was rendered already has been taken: the server stops
  /// or the client is gone.
  void end();
  /// Whether the end has come or is near: after end(), or when the namespace has ended.
  bool is_ending() const { return ended_ || feed_->is_ended(); }
  /// Whether it is offered what is new, because it has caught up.
  bool is_live() const { return live_; }
  /// Memory held for events that were not sent yet.
  std::size_t buffered_bytes() const { return pending_.capacity() + taken_.capacity(); }
  /// To be called about once a second: a comment is due when nothing was sent for
  /// limits::kKeepAliveInterval.
  void sweep(std::chrono::steady_clock::time_point now);

  // --- for the feed ---
  const Request& request() const { return request_; }
  /// A new message matches by name: takes it unless filtered. Leaves the live list when full.
  /// Whether it took it.
  bool offer(SharedEvent& event);
  void wake() { wake_.notify(); }

 private:
  class Renderer;

  Awaitable<bool> catch_up();
  Awaitable<Result<ReadState>> read(Renderer& renderer);
  bool wants(SharedEvent& event) const;
  void advance_past(const MessageView& message);
  void recycle(base::ByteBuffer& buffer);

  std::shared_ptr<Feed> feed_;
  Request request_;
  Framing framing_;
  bool live_ = false;
  bool ended_ = false;
  bool keep_alive_due_ = false;
  bool sent_since_sweep_ = true;
  std::variant<StreamCursor, CategoryCursor> cursor_;  // what is not yet rendered
  base::ByteBuffer pending_;                           // rendered while live, not yet taken
  base::ByteBuffer taken_;                             // what next() returned
  std::chrono::steady_clock::time_point quiet_since_;
  base::WakeUp wake_;
};

}  // namespace eventodb::subscription
