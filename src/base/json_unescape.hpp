#pragma once

#include <string_view>

namespace eventodb::base {

/// Writes to `to` the characters that a JSON string stands for, as UTF-8, and returns the place
/// behind them; half of a surrogate pair becomes U+FFFD.
/// REQUIRES: `inside` is what stands between the quotes of a valid string; `to` has room for as
/// many bytes (what it says is never longer).
char* unescape_json(std::string_view inside, char* to);

}  // namespace eventodb::base
