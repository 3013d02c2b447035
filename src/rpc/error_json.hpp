#pragma once

#include "base/byte_buffer.hpp"
#include "eventodb/error.hpp"

namespace eventodb::rpc {

/// Appends {"error":{"code":...,"message":...,"details":{...}}}; the one place where an error
/// becomes JSON in the array form and in HTTP-level answers.
void append_error(base::ByteBuffer& out, const Error& error);

}  // namespace eventodb::rpc
