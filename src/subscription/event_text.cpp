#include "subscription/event_text.hpp"

#include <cstring>
#include <utility>

#include "base/json_writer.hpp"
#include "core/message_json.hpp"
#include "eventodb/limits.hpp"
#include "eventodb/stream_name.hpp"

namespace eventodb::subscription {
namespace {

/// Room for the longest "<hex size>\r\n" in front of a chunk.
constexpr std::size_t kChunkHeadBytes = 18;

/// Renders `body` into `out`, as one chunk if so framed.
template <class Body>
void append_framed(base::ByteBuffer& out, Framing framing, Body body) {
  if (framing == Framing::kPlain) return body();
  const std::size_t start = out.size();
  out.prepare(kChunkHeadBytes);
  out.commit(kChunkHeadBytes);
  body();
  const std::size_t length = out.size() - start - kChunkHeadBytes;
  out.append("\r\n");
  // The size is known only now: write it and close the gap behind it.
  char* head = out.data() + start;
  const auto end = std::to_chars(head, head + kChunkHeadBytes, length, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  const auto head_bytes = static_cast<std::size_t>(end + 2 - head);
  std::memmove(head + head_bytes, head + kChunkHeadBytes, length + 2);
  out.truncate(start + head_bytes + length + 2);
}

}  // namespace

void append_poke(base::ByteBuffer& out, const MessageView& message, Framing framing) {
  append_framed(out, framing, [&] {
    out.append("event: poke\ndata: {\"stream\":");
    base::append_json_string(out, message.stream);
    out.append(",\"position\":");
    base::append_int(out, message.position.value);
    out.append(",\"globalPosition\":");
    base::append_int(out, message.global_position.value);
    out.append("}\n\n");
  });
}

void append_message_event(base::ByteBuffer& out, const MessageView& message, Framing framing) {
  append_framed(out, framing, [&] {
    out.append("event: message\nid: ");
    base::append_int(out, message.global_position.value);
    out.append("\ndata: ");
    append_message_tuple(out, message, /*with_stream=*/true);
    out.append("\n\n");
  });
}

void append_comment(base::ByteBuffer& out, std::string_view text, Framing framing) {
  append_framed(out, framing, [&] {
    out.append(": ");
    out.append(text);
    out.append("\n\n");
  });
}

void append_end(base::ByteBuffer& out, Framing framing) {
  if (framing == Framing::kChunked) out.append("0\r\n\r\n");
}

void SharedEvent::reset(const MessageView& message) {
  message_ = message;
  group_hash_known_ = false;
  poke_.clear();
  payload_.clear();
  payload_.shrink_above(limits::kBufferKeptBytes);
}

std::optional<std::uint64_t> SharedEvent::group_hash() {
  if (!std::exchange(group_hash_known_, true)) group_hash_ = group_hash_of(message_.stream);
  return group_hash_;
}

void SharedEvent::append_to(base::ByteBuffer& out, bool payload, Framing framing) {
  if (framing == Framing::kPlain) {
    return payload ? append_message_event(out, message_, framing)
                   : append_poke(out, message_, framing);
  }
  base::ByteBuffer& text = payload ? payload_ : poke_;
  if (text.empty()) {
    payload ? append_message_event(text, message_, framing) : append_poke(text, message_, framing);
  }
  out.append(text.view());
}

}  // namespace eventodb::subscription
