#include <array>
#include <cstddef>

#include "eventodb/error.hpp"

namespace eventodb {
namespace {

// JSON-RPC 2.0 reserves -32700 (parse error), -32600 (invalid request), -32601 (method not found),
// -32602 (invalid params), -32603 (internal error) and -32000..-32099 for the server's own.
constexpr auto kTable = std::to_array<ErrorRow>({
    {ErrorCode::kInvalidRequest, "INVALID_REQUEST", 400, -32602},
    {ErrorCode::kMalformedRequest, "INVALID_REQUEST", 400, -32600},
    {ErrorCode::kMethodNotAllowed, "INVALID_REQUEST", 405, -32600},
    {ErrorCode::kBodyTooLarge, "INVALID_REQUEST", 413, -32600},
    {ErrorCode::kHeaderTooLarge, "INVALID_REQUEST", 431, -32600},
    {ErrorCode::kTargetTooLong, "INVALID_REQUEST", 414, -32600},
    {ErrorCode::kUnsupportedEncoding, "INVALID_REQUEST", 415, -32600},
    {ErrorCode::kRequestTimeout, "INVALID_REQUEST", 408, -32600},
    {ErrorCode::kAuthRequired, "AUTH_REQUIRED", 401, -32001},
    {ErrorCode::kAuthInvalidToken, "AUTH_INVALID_TOKEN", 401, -32001},
    {ErrorCode::kAuthUnauthorized, "AUTH_UNAUTHORIZED", 403, -32003},
    {ErrorCode::kMethodNotFound, "METHOD_NOT_FOUND", 404, -32601},
    {ErrorCode::kNotFound, "NOT_FOUND", 404, -32004},
    {ErrorCode::kNamespaceNotFound, "NAMESPACE_NOT_FOUND", 404, -32004},
    {ErrorCode::kNamespaceExists, "NAMESPACE_EXISTS", 409, -32009},
    {ErrorCode::kVersionConflict, "STREAM_VERSION_CONFLICT", 409, -32009},
    {ErrorCode::kMessageIdExists, "MESSAGE_ID_EXISTS", 409, -32009},
    {ErrorCode::kOverloaded, "OVERLOADED", 503, -32053},
    {ErrorCode::kReadOnly, "BACKEND_ERROR", 500, -32050},
    {ErrorCode::kBackendError, "BACKEND_ERROR", 500, -32050},
    {ErrorCode::kInternalError, "INTERNAL_ERROR", 500, -32603},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].code != static_cast<ErrorCode>(i)) return false;
  }
  return kTable.size() == static_cast<std::size_t>(ErrorCode::kCount);
}
static_assert(in_order(), "one row per ErrorCode, in its order");

}  // namespace

const ErrorRow& error_row(ErrorCode code) {
  return kTable[static_cast<std::size_t>(code)];
}

}  // namespace eventodb
