#include "rpc/json_cursor.hpp"

#include <cstring>

#include "rpc/json_scan.hpp"

namespace eventodb::rpc {
namespace {

bool ends_scalar(char c) {
  return c == ',' || c == ']' || c == '}' || is_json_space(c);
}

/// Behind the closing quote of the string that begins at `at`; tells whether it has escapes.
const char* string_end(const char* at, const char* end, bool& is_escaped) {
  ++at;
  for (;;) {
    at = find_json_special(at, end);
    if (*at == '"') return at + 1;
    is_escaped = true;
    at += 2;  // the escaped character may be a quote; the digits of \u are ordinary
  }
}

}  // namespace

JsonValue JsonCursor::read() {
  JsonValue value;
  value.kind = peek();
  const char* begin = at_;
  switch (value.kind) {
    case JsonKind::kString:
      at_ = string_end(at_, end_, value.is_escaped);
      break;
    case JsonKind::kArray:
    case JsonKind::kObject:
      skip_container(value);
      break;
    default:
      while (at_ != end_ && !ends_scalar(*at_)) ++at_;
  }
  value.text = {begin, static_cast<std::size_t>(at_ - begin)};
  return value;
}

void JsonCursor::skip_container(JsonValue& value) {
  std::size_t depth = 0;
  bool escapes_inside = false;
  for (;;) {
    switch (*at_) {
      case '{':
      case '[':
        ++depth;
        ++at_;
        break;
      case '}':
      case ']':
        ++at_;
        if (--depth == 0) return;
        break;
      case '"':
        at_ = string_end(at_, end_, escapes_inside);
        break;
      case ' ':
      case '\n':
      case '\r':
      case '\t':
        value.is_spaced = true;
        ++at_;
        break;
      default:
        ++at_;
    }
  }
}

std::string_view compact_text_of(const JsonValue& value, base::Arena& arena) {
  if (!value.is_spaced) return value.text;
  char* const begin = arena.allocate_chars(value.text.size());
  char* to = begin;
  const char* at = value.text.data();
  const char* const end = at + value.text.size();
  while (at != end) {
    if (*at == '"') {
      bool is_escaped = false;
      const char* behind = string_end(at, end, is_escaped);
      std::memcpy(to, at, static_cast<std::size_t>(behind - at));
      to += behind - at;
      at = behind;
    } else {
      if (!is_json_space(*at)) *to++ = *at;
      ++at;
    }
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

}  // namespace eventodb::rpc
