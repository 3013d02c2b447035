#include "subscription/subscription.hpp"

#include <algorithm>
#include <utility>

#include "base/io_thread.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::subscription {

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
    if (request_.resume) cursor.from_global = following(*request_.resume);
    cursor.remaining = -1;
    cursor_ = cursor;
  } else {
    CategoryCursor cursor;
    cursor.category = request_.name;
    cursor.next = request_.resume ? following(*request_.resume) : GlobalPosition{request_.position};
    cursor.remaining = -1;
    cursor.group = request_.group;
    cursor_ = cursor;
  }
  feed_->join(*this);
}

Subscription::~Subscription() {
  recycle(pending_);
  recycle(taken_);
  feed_->leave(*this);
}

Awaitable<Result<void>> Subscription::start() {
  while (!feed_->is_started() && !is_ending()) co_await wake_.wait();
  if (feed_->failure()) co_return *feed_->failure();
  if (request_.kind == Kind::kAll && !request_.payload) {
    // Pokes of `all` never catch up (protocol D50): everything stored by now is skipped.
    const auto head = co_await feed_->ns().head();
    if (!head) co_return head.error();
    auto& next = std::get<CategoryCursor>(cursor_).next;
    next = std::max(next, following(*head));
  }
  co_return Result<void>();
}

// One coroutine, not two: its frame is held by every subscription that waits.
Awaitable<std::string_view> Subscription::next() {
  recycle(taken_);
  while (taken_.empty()) {
    if (!pending_.empty()) {
      taken_.swap(pending_);
    } else if (is_ending()) {
      break;
    } else if (keep_alive_due_) {  // also while it looks for the first message that matches
      taken_ = feed_->buffers().take();
      append_comment(taken_, "keep-alive", framing_);
    } else if (!live_) {
      const bool readable = co_await catch_up();
      if (!readable) break;
    } else {
      co_await wake_.wait();
    }
  }
  if (taken_.empty()) recycle(taken_);
  sent_since_sweep_ = true;
  keep_alive_due_ = false;
  co_return taken_.view();
}

/// Reads one piece into taken_; false when reading failed. Goes live when nothing is left to read
/// and the feed has not moved meanwhile: what the read saw then reaches at least to the feed's
/// position, and what the feed offers twice the cursor refuses.
Awaitable<bool> Subscription::catch_up() {
  const GlobalPosition feed_was_at = feed_->read_up_to();
  taken_ = feed_->buffers().take();
  Renderer renderer(taken_, request_.payload, framing_);
  const auto state = co_await read(renderer);
  // What a read that failed leaves behind can end in the middle of an event.
  const bool found_nothing = !state || taken_.empty();
  if (found_nothing) recycle(taken_);
  if (!state) co_return false;
  if (*state == ReadState::kMore) {
    // Nothing matched in a whole step: let the others of this thread take their turn.
    if (found_nothing) co_await base::next_turn();
  } else if (feed_->read_up_to() == feed_was_at && !feed_->is_ended()) {
    live_ = true;
    feed_->go_live(*this);
  }
  co_return true;
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
    stream->next = following(message.position);
  } else {
    std::get<CategoryCursor>(cursor_).next = following(message.global_position);
  }
}

bool Subscription::offer(SharedEvent& event) {
  if (!wants(event)) return false;
  // A batch read before the first payload subscriber joined has names and positions only.
  const bool incomplete = request_.payload && event.message().data.empty();
  if (incomplete || pending_.size() >= limits::kSubscriberBufferBytes) {
    // Too slow for now: what follows is read from the log once this has been sent.
    live_ = false;
    ListHook<LiveTag>::unlink();
    wake_.notify();
    return false;
  }
  if (pending_.capacity() == 0) pending_ = feed_->buffers().take();
  event.append_to(pending_, request_.payload, framing_);
  advance_past(event.message());
  wake_.notify();
  return true;
}

void Subscription::sweep(std::chrono::steady_clock::time_point now) {
  if (std::exchange(sent_since_sweep_, false)) {
    quiet_since_ = now;
  } else if (now - quiet_since_ >= limits::kKeepAliveInterval) {
    keep_alive_due_ = true;
    wake_.notify();
  }
}

void Subscription::end() {
  ended_ = true;
  wake_.notify();
}

void Subscription::recycle(base::ByteBuffer& buffer) {
  base::ByteBuffer emptied;
  emptied.swap(buffer);
  feed_->buffers().give_back(std::move(emptied));
}

}  // namespace eventodb::subscription
