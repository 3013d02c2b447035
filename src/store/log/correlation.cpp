#include "store/log/correlation.hpp"

#include <cstddef>
#include <cstring>

#include "base/json_unescape.hpp"
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

/// The characters a JSON string stands for: `raw` itself when nothing is escaped.
std::string_view decode(std::string_view raw, std::string& scratch) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  scratch.resize(raw.size());
  const char* const end = base::unescape_json(raw, scratch.data());
  scratch.resize(static_cast<std::size_t>(end - scratch.data()));
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
