#pragma once

#include "eventodb/error.hpp"
#include "store/sqlite/sqlite_connection.hpp"

/// What clients are told. Texts never hold paths or SQL.
namespace eventodb::store::sqlite {

inline Error read_only_error() {
  return {
      ErrorCode::kReadOnly, "A sync failed; the server takes no more writes until it restarts", {}};
}

inline Error out_of_memory_error() {
  return {ErrorCode::kBackendError, "The server is out of memory", {}};
}

/// For a failure that is logged already.
inline Error client_error(const Failure& failure) {
  if (is_disk_full(failure.code)) return {ErrorCode::kBackendError, "The disk is full", {}};
  return {ErrorCode::kBackendError, "The storage failed; the server's log says why", {}};
}

}  // namespace eventodb::store::sqlite
