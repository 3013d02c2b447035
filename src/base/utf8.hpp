#pragma once

#include <cstddef>
#include <string_view>

namespace eventodb::base {

/// Where the first byte sequence begins that is not UTF-8 (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF), or npos when there is none.
std::size_t find_invalid_utf8(std::string_view bytes);

inline bool is_utf8(std::string_view bytes) {
  return find_invalid_utf8(bytes) == std::string_view::npos;
}

}  // namespace eventodb::base
