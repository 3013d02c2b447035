#include "base/json_unescape.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace eventodb::base {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

std::uint32_t hex_value(char c) {
  if (c <= '9') return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

std::uint32_t four_hex_digits(const char* at) {
  return hex_value(at[0]) << 12 | hex_value(at[1]) << 8 | hex_value(at[2]) << 4 | hex_value(at[3]);
}

bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

char* write_utf8(char* to, std::uint32_t code) {
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  return to;
}

/// Reads the \u escape whose digits begin at `at`, with its second half if it is a pair; moves `at`
/// behind it.
std::uint32_t read_unicode_escape(const char*& at, const char* end) {
  const std::uint32_t unit = four_hex_digits(at);
  at += 4;
  if (is_low_surrogate(unit)) return kReplacement;
  if (!is_high_surrogate(unit)) return unit;
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return kReplacement;
  const std::uint32_t low = four_hex_digits(at + 2);
  if (!is_low_surrogate(low)) return kReplacement;
  at += 6;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

char* unescape_json(std::string_view inside, char* to) {
  const char* at = inside.data();
  const char* const end = at + inside.size();
  while (at != end) {
    const auto* slash =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    const char* plain_end = slash == nullptr ? end : slash;
    std::memcpy(to, at, static_cast<std::size_t>(plain_end - at));
    to += plain_end - at;
    at = plain_end;
    if (slash == nullptr) break;
    at += 2;
    if (slash[1] == 'u') {
      to = write_utf8(to, read_unicode_escape(at, end));
    } else {
      *to++ = simple_escape(slash[1]);
    }
  }
  return to;
}

}  // namespace eventodb::base
