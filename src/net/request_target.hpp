#pragma once

#include <string_view>

#include "base/arena.hpp"

namespace eventodb::net {

/// The two parts of a request target. Views into the target or the arena.
struct RequestTarget {
  std::string_view path;   ///< decoded, without repeated slashes and dot segments (protocol 1.1)
  std::string_view query;  ///< after the first '?', as sent
};

/// Never fails: what is no path ends as a path that no endpoint has. A broken %-escape stays as it
/// is. The absolute form ("http://host/path") counts as its path.
RequestTarget split_target(std::string_view target, base::Arena& arena);

/// The first value of parameter `name` in a query string, form-decoded; "" when absent or empty.
std::string_view query_parameter(std::string_view query, std::string_view name, base::Arena& arena);

}  // namespace eventodb::net
