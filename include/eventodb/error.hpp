#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "eventodb/message.hpp"

namespace eventodb {

/// Everything that can go wrong, as clients see it. The one table from code to wire name and HTTP
/// status is core/error_table.cpp.
enum class ErrorCode : std::uint8_t {
  kInvalidRequest,       // a wrong argument
  kMalformedRequest,     // INVALID_REQUEST with 400: not a call at all
  kMethodNotAllowed,     // INVALID_REQUEST with 405
  kBodyTooLarge,         // INVALID_REQUEST with 413
  kHeaderTooLarge,       // INVALID_REQUEST with 431
  kTargetTooLong,        // INVALID_REQUEST with 414
  kUnsupportedEncoding,  // INVALID_REQUEST with 415
  kRequestTimeout,       // INVALID_REQUEST with 408
  kAuthRequired,
  kAuthInvalidToken,
  kAuthUnauthorized,
  kMethodNotFound,
  kNotFound,
  kNamespaceNotFound,
  kNamespaceExists,
  kVersionConflict,
  kMessageIdExists,
  kOverloaded,  // OVERLOADED with 503 and Retry-After; extension of ours
  kReadOnly,    // BACKEND_ERROR: a sync failed, the store takes no more writes
  kBackendError,
  kInternalError,
  kCount
};

/// details of kVersionConflict.
struct VersionConflict {
  std::int64_t expected = 0;
  std::int64_t actual = 0;  ///< -1: the stream has no messages
  std::size_t message = 0;  ///< which one of the batch expected that
  std::string stream = {};  ///< shown when not empty: where the call names several
};

/// details of kMessageIdExists: the message that holds the id.
struct ExistingMessage {
  MessageId id;
  std::string stream;
  WrittenMessage written;
};

/// details {"error": text}: why a text did not parse (JSON, token).
struct ParseProblem {
  std::string text;
};

/// details {"namespace": id} of kAuthUnauthorized.
struct RefusedNamespace {
  std::string id;
};

using ErrorDetails =
    std::variant<std::monostate, VersionConflict, ExistingMessage, ParseProblem, RefusedNamespace>;

/// An expected failure. `message` is for people and never holds storage internals or secrets.
struct Error {
  ErrorCode code = ErrorCode::kInternalError;
  std::string message;
  ErrorDetails details;
};

/// The row of the one table of error codes.
struct ErrorRow {
  ErrorCode code;
  std::string_view wire_name;  ///< e.g. "STREAM_VERSION_CONFLICT"
  int http_status;
  int json_rpc_code;  ///< error.code of a JSON-RPC 2.0 answer
};

/// Never fails: every code has a row.
const ErrorRow& error_row(ErrorCode code);

/// Thrown only when a caller takes the value of a failed Result without looking: a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked error: " + error.message);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace eventodb
