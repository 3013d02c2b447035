#include "rpc/json_validator.hpp"

#include <bitset>

#include "base/utf8.hpp"
#include "eventodb/limits.hpp"
#include "rpc/json_scan.hpp"

namespace eventodb::rpc {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Walks the text once. Every step returns false after noting the problem, `at_` being its place.
class Validator {
 public:
  explicit Validator(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  bool run() {
    if (!value()) return false;
    while (depth_ > 0) {
      if (!after_value()) return false;
    }
    skip_space();
    return at_ == end_ || fail("text after the end of the JSON value");
  }

  JsonProblem problem() const { return {static_cast<std::size_t>(at_ - begin_), what_}; }

 private:
  bool fail(std::string_view what) {
    what_ = what;
    return false;
  }
  void skip_space() { at_ = skip_json_space(at_, end_); }
  bool is_at(char c) const { return at_ != end_ && *at_ == c; }

  /// A scalar, an empty container, or the opening of a container and its first value.
  bool value() {
    for (;;) {
      skip_space();
      if (at_ == end_) return fail("unexpected end, expected a value");
      switch (*at_) {
        case '{':
          if (!open(true)) return false;
          if (is_at('}')) return close();
          if (!key()) return false;
          continue;
        case '[':
          if (!open(false)) return false;
          if (is_at(']')) return close();
          continue;
        case '"':
          return string();
        case 't':
          return literal("true");
        case 'f':
          return literal("false");
        case 'n':
          return literal("null");
        default:
          return number();
      }
    }
  }

  /// Inside a container, behind one of its values.
  bool after_value() {
    skip_space();
    const bool in_object = is_object_[depth_ - 1];
    if (is_at(in_object ? '}' : ']')) return close();
    if (!is_at(',')) return fail(in_object ? "expected ',' or '}'" : "expected ',' or ']'");
    ++at_;
    if (in_object) {
      skip_space();
      if (!key()) return false;
    }
    return value();
  }

  bool open(bool is_object) {
    if (depth_ == limits::kJsonDepthMax) return fail("nested too deep");
    is_object_[depth_++] = is_object;
    ++at_;
    skip_space();
    return true;
  }
  bool close() {
    --depth_;
    ++at_;
    return true;
  }

  bool key() {
    if (!is_at('"')) return fail("expected a key in quotes");
    if (!string()) return false;
    skip_space();
    if (!is_at(':')) return fail("expected ':'");
    ++at_;
    return true;
  }

  bool string() {
    ++at_;
    for (;;) {
      at_ = find_json_special(at_, end_);
      if (at_ == end_) return fail("unexpected end inside a string");
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\') return fail("control character inside a string");
      if (!escape()) return false;
    }
  }

  bool escape() {
    ++at_;
    if (at_ == end_) return fail("unexpected end inside a string");
    if (*at_ != 'u') {
      constexpr std::string_view kSimple = "\"\\/bfnrt";
      if (kSimple.find(*at_) == std::string_view::npos) return fail("unknown escape in a string");
      ++at_;
      return true;
    }
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_ || !is_hex_digit(*at_)) return fail("expected four hex digits after \\u");
    }
    return true;
  }

  bool literal(std::string_view word) {
    for (const char c : word) {
      if (!is_at(c)) return fail("unknown word, expected a value");
      ++at_;
    }
    return true;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return fail("expected a digit");
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number() {
    const bool negative = is_at('-');
    if (negative) ++at_;
    if (is_at('0')) {
      ++at_;
    } else if (at_ == end_ || !is_digit(*at_)) {
      return fail(negative ? "expected a digit" : "expected a value");
    } else if (!digits()) {
      return false;
    }
    if (is_at('.')) {
      ++at_;
      if (!digits()) return false;
    }
    if (!is_at('e') && !is_at('E')) return true;
    ++at_;
    if (is_at('+') || is_at('-')) ++at_;
    return digits();
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t depth_ = 0;
  std::bitset<limits::kJsonDepthMax> is_object_;
  std::string_view what_;
};

}  // namespace

std::string describe(const JsonProblem& problem) {
  return "invalid JSON at byte " + std::to_string(problem.offset) + ": " +
         std::string(problem.what);
}

std::optional<JsonProblem> find_json_problem(std::string_view text) {
  const std::size_t broken = base::find_invalid_utf8(text);
  if (broken != std::string_view::npos) return JsonProblem{broken, "not UTF-8"};
  Validator validator(text);
  if (validator.run()) return std::nullopt;
  return validator.problem();
}

}  // namespace eventodb::rpc
