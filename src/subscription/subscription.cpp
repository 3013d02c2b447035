#include "subscription/subscription.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "eventodb/limits.hpp"

namespace eventodb::subscription {
namespace {

GlobalPosition after(GlobalPosition position) {
  if (position.value == std::numeric_limits<std::int64_t>::max()) return position;
  return {position.value + 1};
}

}  // namespace

/// Renders what catch-up reads until a piece is full.
class Subscription::Renderer final : public MessageVisitor {
 public:
  Renderer(base::ByteBuffer& out, bool payload, Framing framing)
      : out_(out), payload_(payload), framing_(framing) {}

  bool visit(const MessageView& message) override {
    payload_ ? append_message_event(out_, message, framing_) : append_poke(out_, message, framing_);
    return out_.size() < limits::kSubscriberBufferBytes;
  }

 private:
  base::ByteBuffer& out_;
  bool payload_;
  Framing framing_;
};

Subscription::Subscription(std::shared_ptr<Feed> feed, Request request, Framing framing)
    : feed_(std::move(feed)), request_(std::move(request)), framing_(framing) {
  if (request_.kind == Kind::kStream) {
    StreamCursor cursor;
    cursor.stream = request_.name;
    cursor.next = {request_.position};
    if (request_.resume) cursor.from_global = after(*request_.resume);
    cursor.remaining = -1;
    cursor_ = cursor;
  } else {
    CategoryCursor cursor;
    cursor.category = request_.name;
    cursor.next = request_.resume ? after(*request_.resume) : GlobalPosition{request_.position};
    cursor.remaining = -1;
    cursor.group = request_.group;
    cursor_ = cursor;
  }
  feed_->join(*this);
}

Subscription::~Subscription() {
  feed_->leave(*this);
}

Awaitable<Result<void>> Subscription::start() {
  while (!feed_->is_started() && !feed_->is_ended() && !ended_) co_await wake_.wait();
  if (request_.kind == Kind::kAll && !request_.payload) {
    // Pokes of `all` never catch up (protocol D50): everything stored by now is skipped.
    const auto head = co_await feed_->ns().head();
    if (!head) co_return head.error();
    auto& next = std::get<CategoryCursor>(cursor_).next;
    next = std::max(next, after(*head));
  }
  co_return Result<void>();
}

Awaitable<Next> Subscription::next(base::ByteBuffer& out) {
  for (;;) {
    if (ended_ || feed_->is_ended()) co_return Next::kEnded;
    if (!pending_.empty()) {
      out.swap(pending_);
      co_return Next::kEvents;
    }
    if (!live_) {
      const auto caught_up = co_await catch_up(out);
      if (!out.empty()) co_return Next::kEvents;
      if (!caught_up) co_return Next::kEnded;
      continue;
    }
    if (std::exchange(keep_alive_due_, false)) {
      append_comment(out, "keep-alive", framing_);
      co_return Next::kKeepAlive;
    }
    co_await wake_.wait();
  }
}

/// Reads one piece. Goes live when nothing is left to read and the feed has not moved meanwhile:
/// what the read saw then reaches at least to the feed's position, and what the feed offers twice
/// the cursor refuses.
Awaitable<Result<void>> Subscription::catch_up(base::ByteBuffer& out) {
  const GlobalPosition feed_was_at = feed_->read_up_to();
  Renderer renderer(out, request_.payload, framing_);
  const auto state = co_await read(renderer);
  if (!state) co_return state.error();
  if (*state == ReadState::kDone && feed_->read_up_to() == feed_was_at && !feed_->is_ended()) {
    live_ = true;
    feed_->go_live(*this);
  }
  co_return Result<void>();
}

Awaitable<Result<ReadState>> Subscription::read(Renderer& renderer) {
  if (auto* stream = std::get_if<StreamCursor>(&cursor_)) {
    return feed_->ns().read_stream(*stream, renderer);
  }
  return feed_->ns().read_category(std::get<CategoryCursor>(cursor_), renderer);
}

bool Subscription::wants(SharedEvent& event) const {
  const MessageView& message = event.message();
  if (const auto* stream = std::get_if<StreamCursor>(&cursor_)) {
    return message.position >= stream->next &&
           (!stream->from_global || message.global_position >= *stream->from_global);
  }
  const auto& category = std::get<CategoryCursor>(cursor_);
  return message.global_position >= category.next &&
         (!category.group || is_member(event.group_hash(), *category.group));
}

void Subscription::advance_past(const MessageView& message) {
  if (auto* stream = std::get_if<StreamCursor>(&cursor_)) {
    stream->next = {message.position.value + 1};
  } else {
    std::get<CategoryCursor>(cursor_).next = after(message.global_position);
  }
}

void Subscription::offer(SharedEvent& event) {
  if (!wants(event)) return;
  // A batch read before the first payload subscriber joined has names and positions only.
  const bool incomplete = request_.payload && event.message().data.empty();
  if (incomplete || pending_.size() >= limits::kSubscriberBufferBytes) {
    // Too slow for now: what follows is read from the log once this has been sent.
    live_ = false;
    ListHook<LiveTag>::unlink();
    wake_.notify();
    return;
  }
  event.append_to(pending_, request_.payload, framing_);
  advance_past(event.message());
  wake_.notify();
}

void Subscription::keep_alive() {
  keep_alive_due_ = true;
  wake_.notify();
}

void Subscription::end() {
  ended_ = true;
  wake_.notify();
}

}  // namespace eventodb::subscription
