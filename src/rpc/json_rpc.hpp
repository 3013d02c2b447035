#pragma once

#include <string_view>

#include "base/arena.hpp"
#include "rpc/method.hpp"

/// JSON-RPC 2.0 over the same methods (docs/json-rpc.md).
namespace eventodb::rpc {

/// Whether this body is JSON-RPC 2.0: an object with "jsonrpc":"2.0", or an array whose first
/// element is one. Everything else is the array form. REQUIRES: valid JSON.
bool is_json_rpc(std::string_view body, base::Arena& arena);

/// Runs the call or the calls of the batch, one after the other, and appends the answer. Returns
/// the HTTP status: 200, or 204 when nothing was to be answered; 500 when the answer broke off.
/// REQUIRES: is_json_rpc(body).
Awaitable<int> answer_json_rpc(Call& call, std::string_view body, base::Arena& arena);

}  // namespace eventodb::rpc
