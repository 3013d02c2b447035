#include "store/log/correlation.hpp"

#include <cstdint>
#include <cstring>

#include "eventodb/stream_name.hpp"

namespace eventodb::store {
namespace {

constexpr std::string_view kKey = "correlationStreamName";

/// Walks a JSON text that is known to be valid.
class Scanner {
 public:
  explicit Scanner(std::string_view json) : at_(json.data()), end_(at_ + json.size()) {}

  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  char peek() const { return at_ < end_ ? *at_ : '\0'; }
  void skip_char() { ++at_; }

  /// At a quote: what stands between it and its partner, escapes as they are.
  std::string_view take_string() {
    const char* start = ++at_;
    while (at_ < end_ && *at_ != '"') at_ += *at_ == '\\' ? 2 : 1;
    const char* stop = at_ < end_ ? at_ : end_;
    at_ = stop + 1;
    return {start, static_cast<std::size_t>(stop - start)};
  }

  /// At a value: passes it with everything inside.
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        take_string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (depth > 0) {
        ++at_;
      } else {
        while (at_ < end_ && *at_ != ',' && *at_ != '}') ++at_;  // number, true, false, null
      }
    } while (depth > 0 && at_ < end_);
  }

 private:
  const char* at_;
  const char* end_;
};

std::uint32_t hex4(const char* digits) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[i];
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return value;
}

void append_utf8(std::string& to, std::uint32_t point) {
  const auto byte = [&to](std::uint32_t value) { to.push_back(static_cast<char>(value)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      byte(0xe0 | point >> 12);
    } else {
      byte(0xf0 | point >> 18);
      byte(0x80 | (point >> 12 & 0x3f));
    }
    byte(0x80 | (point >> 6 & 0x3f));
  }
  byte(0x80 | (point & 0x3f));
}

char escaped_char(char letter) {
  switch (letter) {
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
      return letter;  // quote, backslash, slash
  }
}

/// Reads the \u escape whose digits start at `i`, with the second half of a pair if there is one;
/// returns the place behind it. A half without its partner becomes U+FFFD.
std::size_t decode_u_escape(std::string_view raw, std::size_t i, std::string& to) {
  std::uint32_t point = hex4(raw.data() + i);
  i += 4;
  const bool pair = point >= 0xd800 && point < 0xdc00 && i + 6 <= raw.size() && raw[i] == '\\' &&
                    raw[i + 1] == 'u';
  if (pair) {
    const std::uint32_t low = hex4(raw.data() + i + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
      i += 6;
    }
  }
  append_utf8(to, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
  return i;
}

/// The characters a JSON string stands for: `raw` itself when nothing is escaped.
std::string_view decode(std::string_view raw, std::string& scratch) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  scratch.clear();
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      scratch.push_back(raw[i++]);
    } else if (raw[i + 1] == 'u') {
      i = decode_u_escape(raw, i + 2, scratch);
    } else {
      scratch.push_back(escaped_char(raw[i + 1]));
      i += 2;
    }
  }
  return scratch;
}

/// Whether the key cannot occur: neither as it is nor spelled with escapes.
bool surely_absent(std::string_view metadata) {
  if (metadata.size() < kKey.size() + 2) return true;
  return ::memmem(metadata.data(), metadata.size(), kKey.data(), kKey.size()) == nullptr &&
         ::memmem(metadata.data(), metadata.size(), "\\u", 2) == nullptr;
}

}  // namespace

std::string_view correlation_category_of(std::string_view metadata, std::string& scratch) {
  if (surely_absent(metadata)) return {};
  Scanner scanner(metadata);
  std::string_view raw;  // the value, still escaped; the last one wins
  scanner.skip_space();
  scanner.skip_char();  // {
  for (;;) {
    scanner.skip_space();
    if (scanner.peek() == ',') {
      scanner.skip_char();
      scanner.skip_space();
    }
    if (scanner.peek() != '"') break;  // }
    const bool wanted = decode(scanner.take_string(), scratch) == kKey;
    scanner.skip_space();
    scanner.skip_char();  // :
    scanner.skip_space();
    if (!wanted) {
      scanner.skip_value();
    } else if (scanner.peek() == '"') {
      raw = scanner.take_string();
    } else {
      raw = {};
      scanner.skip_value();
    }
  }
  return category_of(decode(raw, scratch));
}

}  // namespace eventodb::store
