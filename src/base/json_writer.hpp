#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/byte_buffer.hpp"
#include "base/rfc3339.hpp"
#include "base/uuid.hpp"

/// JSON text appended to a reused buffer. The shapes of our answers are few and fixed, so there is
/// no document model: handlers write punctuation and call these for values.
namespace eventodb::base {

/// Appends `text` in quotes. Escapes what JSON demands ('"', '\\', below 0x20) and nothing else.
/// REQUIRES: `text` is UTF-8; the stored texts are, because input is validated.
void append_json_string(ByteBuffer& out, std::string_view text);

inline void append_int(ByteBuffer& out, std::int64_t value) {
  char* at = out.prepare(20);
  const auto end = std::to_chars(at, at + 20, value).ptr;
  out.commit(static_cast<std::size_t>(end - at));
}

/// Appends the time in quotes.
inline void append_json_time(ByteBuffer& out, Timestamp time) {
  char* at = out.prepare(kRfc3339BytesMax + 2);
  at[0] = '"';
  const std::size_t length = format_rfc3339(time, at + 1);
  at[1 + length] = '"';
  out.commit(length + 2);
}

/// Appends the id in quotes.
inline void append_json_uuid(ByteBuffer& out, const Uuid& id) {
  char* at = out.prepare(kUuidTextBytes + 2);
  at[0] = '"';
  format_uuid(id, at + 1);
  at[1 + kUuidTextBytes] = '"';
  out.commit(kUuidTextBytes + 2);
}

}  // namespace eventodb::base
