#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eventodb::rpc {

/// Why a text is not JSON we take, and where.
struct JsonProblem {
  std::size_t offset = 0;  ///< of the first byte that cannot stand there
  std::string_view what;   ///< a static text
};

/// "invalid JSON at byte 17: expected ',' or ']'"
std::string describe(const JsonProblem& problem);

/// Checks that `text` is exactly one JSON text by RFC 8259 in UTF-8, white space around it allowed,
/// nested at most limits::kJsonDepthMax deep. Numbers of any size and unpaired surrogate escapes
/// are fine: both are JSON and come back as they came. Takes memory for the depth alone and no
/// recursion, whatever the text.
std::optional<JsonProblem> find_json_problem(std::string_view text);

}  // namespace eventodb::rpc
