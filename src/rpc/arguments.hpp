#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "eventodb/error.hpp"
#include "rpc/json_cursor.hpp"

namespace eventodb::rpc {

/// kInvalidRequest with this text.
Error invalid_request(std::string text);
/// The same: "<name> must be <what>".
Error must_be(std::string_view name, std::string_view what);
/// The same error with its text behind `place`; so that a place is spelled out only on failure.
Error at_place(std::string_view place, Error error);

/// The positional arguments of one call, taken from left to right. Every failure is kInvalidRequest
/// with a text that names the argument. Views live as long as the body and the arena.
class Arguments {
 public:
  /// None at all.
  explicit Arguments(base::Arena& arena) : cursor_({}), arena_(arena), at_end_(true) {}
  /// `cursor` stands inside the array, before the next argument.
  Arguments(JsonCursor cursor, base::Arena& arena) : cursor_(cursor), arena_(arena) {}

  base::Arena& arena() { return arena_; }

  /// How many are left.
  std::size_t count_rest() const;

  Result<std::string_view> take_string(std::string_view name);
  Result<std::string_view> take_non_empty_string(std::string_view name);
  /// Enters an array: the result stands inside it. REQUIRES: it is read to its end, by
  /// next_element(), before the next argument is taken.
  Result<JsonCursor*> enter_array(std::string_view name);
  /// Takes an object; the value of the member names[i] goes to values[i], of a repeated one the
  /// last, and of others none. REQUIRES: values are absent and as many as names.
  Result<void> take_object(std::string_view name, std::span<const std::string_view> names,
                           std::span<JsonValue> values);
  /// The same, and nothing when there is no further argument.
  Result<void> take_options(std::span<const std::string_view> names, std::span<JsonValue> values);

 private:
  bool next();

  JsonCursor cursor_;
  base::Arena& arena_;
  bool at_end_ = false;
};

/// Spreads the members of the object the cursor stands at, as Arguments::take_object does.
void read_members(JsonCursor& cursor, std::span<const std::string_view> names,
                  std::span<JsonValue> values, base::Arena& arena);

// Members of option objects: absent ones give nullopt or "", wrong types kInvalidRequest.

Result<std::optional<std::int64_t>> integer_option(const JsonValue& value, std::string_view name);
Result<std::string_view> string_option(const JsonValue& value, std::string_view name,
                                       base::Arena& arena);
/// The compact text of an object, or "" when absent.
Result<std::string_view> object_option(const JsonValue& value, std::string_view name,
                                       base::Arena& arena);

}  // namespace eventodb::rpc
