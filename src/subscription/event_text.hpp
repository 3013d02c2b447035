#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_buffer.hpp"
#include "eventodb/message.hpp"

namespace eventodb::subscription {

/// How an event is delimited on the wire. Protocol 4.3 makes each event exactly one chunk, so the
/// frame is rendered with the event; HTTP/1.0 clients get the bare text.
enum class Framing : std::uint8_t { kChunked, kPlain };

/// "event: poke\ndata: {"stream":...,"position":...,"globalPosition":...}\n\n"
void append_poke(base::ByteBuffer& out, const MessageView& message, Framing framing);

/// "event: message\nid: <globalPosition>\ndata: <8-tuple>\n\n" (docs/subscriptions.md).
void append_message_event(base::ByteBuffer& out, const MessageView& message, Framing framing);

/// ": <text>\n\n", which every client parser skips.
void append_comment(base::ByteBuffer& out, std::string_view text, Framing framing);

/// The end of the body.
void append_end(base::ByteBuffer& out, Framing framing);

/// One message offered to many subscribers: each form is rendered at most once and then copied.
/// The buffers are reused from message to message.
class SharedEvent {
 public:
  /// REQUIRES: the views of `message` stay valid until the next reset().
  void reset(const MessageView& message);

  const MessageView& message() const { return message_; }
  /// group_hash_of the message's stream, computed once.
  std::optional<std::uint64_t> group_hash();
  /// Appends the event to `out`.
  void append_to(base::ByteBuffer& out, bool payload, Framing framing);

 private:
  MessageView message_;
  std::optional<std::uint64_t> group_hash_;
  bool group_hash_known_ = false;
  base::ByteBuffer poke_;     // chunked; empty until wanted
  base::ByteBuffer payload_;  // likewise
};

}  // namespace eventodb::subscription
