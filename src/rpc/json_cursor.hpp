#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "rpc/json_scan.hpp"

/// Reading values out of JSON text that was checked (json_body.hpp), in one pass and without
/// building a document: a value is the slice of the text it stands in.
namespace eventodb::rpc {

enum class JsonKind : std::uint8_t {
  kAbsent,  ///< there is no such value
  kNull,
  kBoolean,
  kNumber,
  kString,
  kArray,
  kObject,
};

/// Kind of a value by its first character.
inline JsonKind json_kind_of(char first) {
  switch (first) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

struct JsonValue {
  JsonKind kind = JsonKind::kAbsent;
  bool is_escaped = false;  ///< a string with escapes
  bool is_spaced = false;   ///< an array or object with insignificant white space
  std::string_view text;    ///< as it stands there, quotes included

  bool is_absent() const { return kind == JsonKind::kAbsent; }
};

/// A place in a JSON text. REQUIRES throughout: the text is valid.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  /// How much of the text is left.
  std::size_t rest_bytes() const { return static_cast<std::size_t>(end_ - at_); }
  /// Kind of the value the cursor stands at. Skips white space.
  JsonKind peek() {
    skip_space();
    return json_kind_of(*at_);
  }
  /// The value the cursor stands at; moves behind it.
  JsonValue read();
  /// Moves into the array or object the cursor stands at.
  void enter() {
    skip_space();
    ++at_;
  }
  /// Inside an array: moves to the next element; false at its end, the cursor is then behind it.
  bool next_element() { return next(']'); }
  /// Inside an object: moves to the next member's value; false at its end, as above.
  bool next_member(JsonValue& key) {
    if (!next('}')) return false;
    key = read();
    skip_space();
    ++at_;  // ':'
    return true;
  }

 private:
  void skip_space() { at_ = skip_json_space(at_, end_); }
  void skip_container(JsonValue& value);
  bool next(char close) {
    skip_space();
    if (*at_ == close) {
      ++at_;
      return false;
    }
    if (*at_ == ',') {
      ++at_;
      skip_space();
    }
    return true;
  }

  const char* at_;
  const char* end_;
};

/// What a string says: a view into its text, or a copy in the arena when it has escapes. Unpaired
/// surrogates become U+FFFD. REQUIRES: a string.
std::string_view string_of(const JsonValue& value, base::Arena& arena);

/// The text without insignificant white space: the same view, or a copy in the arena when it has
/// some. REQUIRES: an array or object.
std::string_view compact_text_of(const JsonValue& value, base::Arena& arena);

/// The value of a number if it is integral and fits, in any spelling (5, 5.0, 5e0, 50e-1).
/// Exact: no digit passes through a double. REQUIRES: a number.
std::optional<std::int64_t> integer_of(const JsonValue& value);

}  // namespace eventodb::rpc
