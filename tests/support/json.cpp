#include "support/json.hpp"

// Boost.JSON in this one file, instead of a library to link.
#include <boost/json/src.hpp>

namespace eventodb::test {

json::value parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 2000;
  return json::parse({text.data(), text.size()}, {}, options);
}

std::int64_t as_int(const json::value& value) {
  return value.as_int64();
}

std::string as_string(const json::value& value) {
  return std::string(value.as_string());
}

}  // namespace eventodb::test
