#pragma once

#include "core/message_json.hpp"
#include "eventodb/limits.hpp"
#include "eventodb/store.hpp"

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

}  // namespace eventodb::rpc
