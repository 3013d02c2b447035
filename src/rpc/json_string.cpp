#include "base/json_unescape.hpp"
#include "rpc/json_cursor.hpp"

namespace eventodb::rpc {

std::string_view string_of(const JsonValue& value, base::Arena& arena) {
  const std::string_view inside = value.text.substr(1, value.text.size() - 2);
  if (!value.is_escaped) return inside;
  char* const begin = arena.allocate_chars(inside.size());
  const char* const end = base::unescape_json(inside, begin);
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace eventodb::rpc
