#pragma once

#include <string_view>

#include "eventodb/error.hpp"

namespace eventodb::rpc {

/// Checks every byte of a request body: exactly one JSON text (see json_validator.hpp), so that any
/// slice of it may be stored and given back. Returns the text without the white space around it.
/// Fails with kMalformedRequest and details ParseProblem. Uses a parser kept per thread: no
/// allocation in the steady state. REQUIRES: base::ByteBuffer::kPadding readable bytes behind it.
Result<std::string_view> check_body(std::string_view body);

}  // namespace eventodb::rpc
