#pragma once

#include <string_view>

#include "base/byte_buffer.hpp"
#include "eventodb/error.hpp"

namespace eventodb::rpc {

/// Appends {"error":{"code":...,"message":...,"details":{...}}}; the one place where an error
/// becomes JSON in the array form and in HTTP-level answers.
void append_error(base::ByteBuffer& out, const Error& error);

/// Appends the answer of a failed JSON-RPC 2.0 call:
///   {"jsonrpc":"2.0","error":{"code":...,"message":...,"data":{...}},"id":...}
/// `data` holds our code and details. `id` is the JSON text of the call's id.
void append_json_rpc_error(base::ByteBuffer& out, const Error& error, std::string_view id);

}  // namespace eventodb::rpc
