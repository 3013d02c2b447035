#pragma once

#include <memory>
#include <variant>

#include "base/byte_buffer.hpp"
#include "base/wake_up.hpp"
#include "eventodb/store.hpp"
#include "subscription/event_text.hpp"
#include "subscription/feed.hpp"
#include "subscription/request.hpp"

namespace eventodb::subscription {

/// What Subscription::next() found.
enum class Next : std::uint8_t {
  kEvents,     ///< the buffer holds events to send
  kKeepAlive,  ///< the buffer holds a comment to send
  kEnded,      ///< nothing follows
};

/// One subscriber: reads the log from its position until it has caught up, then is offered what is
/// new by the feed; when it falls behind it reads the log again. It never holds more than about
/// limits::kSubscriberBufferBytes, loses nothing and repeats nothing. Lives on one I/O thread.
class Subscription : public ListHook<JoinedTag>, public ListHook<LiveTag> {
 public:
  Subscription(std::shared_ptr<Feed> feed, Request request, Framing framing);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// Registers. After success every message written from now on will be delivered (protocol D41).
  Awaitable<Result<void>> start();

  /// Waits for the next events and appends them to `out` (REQUIRES: empty). The bytes are rendered
  /// and framed. One caller at a time.
  Awaitable<Next> next(base::ByteBuffer& out);

  /// Makes next() return kKeepAlive if it has nothing else.
  void keep_alive();
  /// Makes next() return kEnded now: the client is gone or the server stops.
  void end();

  // --- for the feed ---
  const Request& request() const { return request_; }
  /// A new message matches by name: takes it unless filtered. Leaves the feed when full.
  void offer(SharedEvent& event);
  void wake() { wake_.notify(); }

 private:
  class Renderer;

  Awaitable<Result<void>> catch_up(base::ByteBuffer& out);
  Awaitable<Result<ReadState>> read(Renderer& renderer);
  bool wants(SharedEvent& event) const;
  void advance_past(const MessageView& message);

  std::shared_ptr<Feed> feed_;
  Request request_;
  Framing framing_;
  std::variant<StreamCursor, CategoryCursor> cursor_;  // what is not yet rendered
  base::ByteBuffer pending_;                           // rendered while live, not yet taken
  base::WakeUp wake_;
  bool live_ = false;
  bool ended_ = false;
  bool keep_alive_due_ = false;
};

}  // namespace eventodb::subscription
