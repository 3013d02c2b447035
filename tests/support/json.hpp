#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventodb::test {

namespace json = boost::json;

/// The value of an answer's body; throws what makes the test fail when it is not JSON. Integers
/// arrive as int64 or uint64, everything with a fraction or exponent as double.
json::value parse_json(std::string_view text);

/// The value as an integer; throws when it was not written as one.
std::int64_t as_int(const json::value& value);

/// The value as a string; throws when it is none.
std::string as_string(const json::value& value);

}  // namespace eventodb::test
