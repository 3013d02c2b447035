#pragma once

#include "core/message_json.hpp"
#include "eventodb/limits.hpp"
#include "eventodb/store.hpp"
#include "rpc/method.hpp"

namespace eventodb::rpc {

/// Renders the messages of a read, separated by commas, and pauses it when a piece is full.
class MessageList final : public MessageVisitor {
 public:
  /// `with_stream`: tuples that name their stream (category.get).
  MessageList(base::ByteBuffer& out, bool with_stream) : out_(out), with_stream_(with_stream) {}

  bool visit(const MessageView& message) override {
    if (!first_) out_.append(',');
    first_ = false;
    append_message_tuple(out_, message, with_stream_);
    return out_.size() < limits::kResponsePieceBytes;
  }

 private:
  base::ByteBuffer& out_;
  bool with_stream_;
  bool first_ = true;
};

/// Answers with the list of what `read`, Namespace::read_stream or read_category, delivers from the
/// cursor on. The pieces of a long list are sent as they become full.
template <class Cursor>
Awaitable<Result<void>> answer_with_list(
    Call& call, Cursor cursor, bool with_stream,
    Awaitable<Result<ReadState>> (Namespace::*read)(Cursor&, MessageVisitor&)) {
  MessageList list(call.out(), with_stream);
  call.out().append('[');
  for (;;) {
    auto state = co_await (call.ns->*read)(cursor, list);
    if (!state) co_return std::move(state).error();
    if (*state == ReadState::kDone) break;
    const bool alive = co_await call.send_if_large();
    if (!alive) co_return client_gone();
  }
  call.out().append(']');
  co_return Result<void>();
}

}  // namespace eventodb::rpc
