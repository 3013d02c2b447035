#include "rpc/arguments.hpp"

#include <utility>

namespace eventodb::rpc {

Error invalid_request(std::string text) {
  return {ErrorCode::kInvalidRequest, std::move(text), {}};
}

Error must_be(std::string_view name, std::string_view what) {
  std::string text(name);
  text += " must be ";
  text += what;
  return invalid_request(std::move(text));
}

Error at_place(std::string_view place, Error error) {
  error.message.insert(0, place);
  return error;
}

bool Arguments::next() {
  if (!at_end_) at_end_ = !cursor_.next_element();
  return !at_end_;
}

std::size_t Arguments::count_rest() const {
  Arguments rest = *this;
  std::size_t count = 0;
  for (; rest.next(); ++count) rest.cursor_.read();
  return count;
}

Result<std::string_view> Arguments::take_string(std::string_view name) {
  if (!next() || cursor_.peek() != JsonKind::kString) return must_be(name, "a string");
  return string_of(cursor_.read(), arena_);
}

Result<std::string_view> Arguments::take_non_empty_string(std::string_view name) {
  auto text = take_string(name);
  if (text && text->empty()) return invalid_request(std::string(name) + " must not be empty");
  return text;
}

Result<JsonCursor*> Arguments::enter_array(std::string_view name) {
  if (!next() || cursor_.peek() != JsonKind::kArray) return must_be(name, "an array");
  cursor_.enter();
  return &cursor_;
}

Result<void> Arguments::take_object(std::string_view name, std::span<const std::string_view> names,
                                    std::span<JsonValue> values) {
  if (!next() || cursor_.peek() != JsonKind::kObject) return must_be(name, "an object");
  read_members(cursor_, names, values, arena_);
  return {};
}

Result<void> Arguments::take_options(std::span<const std::string_view> names,
                                     std::span<JsonValue> values) {
  if (!next()) return {};
  if (cursor_.peek() != JsonKind::kObject) return must_be("options", "an object");
  read_members(cursor_, names, values, arena_);
  return {};
}

void read_members(JsonCursor& cursor, std::span<const std::string_view> names,
                  std::span<JsonValue> values, base::Arena& arena) {
  cursor.enter();
  JsonValue key;
  while (cursor.next_member(key)) {
    const JsonValue value = cursor.read();
    const std::string_view name = string_of(key, arena);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (name == names[i]) values[i] = value;
    }
  }
}

Result<std::optional<std::int64_t>> integer_option(const JsonValue& value, std::string_view name) {
  if (value.is_absent()) return std::optional<std::int64_t>();
  const auto number =
      value.kind == JsonKind::kNumber ? integer_of(value) : std::optional<std::int64_t>();
  if (!number) return must_be(name, "an integer of 64 bits");
  return number;
}

Result<std::string_view> string_option(const JsonValue& value, std::string_view name,
                                       base::Arena& arena) {
  if (value.is_absent()) return std::string_view();
  if (value.kind != JsonKind::kString) return must_be(name, "a string");
  return string_of(value, arena);
}

Result<std::string_view> object_option(const JsonValue& value, std::string_view name,
                                       base::Arena& arena) {
  if (value.is_absent()) return std::string_view();
  if (value.kind != JsonKind::kObject) return must_be(name, "an object");
  return compact_text_of(value, arena);
}

}  // namespace eventodb::rpc
