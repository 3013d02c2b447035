#include "store/sqlite/sqlite_connection.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/check.hpp"

namespace eventodb::store::sqlite {
namespace {

/// Once per process, before the first connection: without the statistics no allocation takes
/// SQLite's global mutex.
void configure_library() {
  static const bool done = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize() == SQLITE_OK;
  }();
  EVENTODB_CHECK(done);
}

constexpr int kBusyTimeoutMs = 5000;  // only ever met while another connection recovers a WAL

}  // namespace

Error storage_error(const Failure& failure) {
  spdlog::error("storage: {}", failure.text);
  if (is_disk_full(failure.code)) return {ErrorCode::kBackendError, "the disk is full", {}};
  return {ErrorCode::kBackendError, "the storage failed; the server's log says why", {}};
}

DbResult<Database> Database::open(const std::string& path, Access access) {
  configure_library();
  Database database;
  database.path_ = path;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  const Code code = sqlite3_open_v2(path.c_str(), &database.handle_, flags, nullptr);
  if (code != SQLITE_OK) return database.failure(code, "open");
  sqlite3* handle = database.handle_;
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (access == Access::kReadOnly) {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return database;
}

Code Database::execute(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
}

DbResult<std::int64_t> Database::query_integer(const char* sql, std::int64_t missing) {
  Statement query;
  Code code = query.prepare(*this, sql);
  if (code != SQLITE_OK) return failure(code, sql);
  code = query.step();
  if (code == SQLITE_DONE) return missing;
  if (code != SQLITE_ROW) return failure(code, sql);
  return query.is_null(0) ? missing : query.integer(0);
}

Failure Database::failure(Code code, std::string_view doing) const {
  std::string text = path_;
  text.append(": ").append(doing).append(": ").append(sqlite3_errstr(code));
  if (handle_ != nullptr) {
    if (primary(sqlite3_errcode(handle_)) == primary(code)) {
      text.append(": ").append(sqlite3_errmsg(handle_));
    }
    if (const int error = sqlite3_system_errno(handle_); error != 0 && primary(code) != SQLITE_OK) {
      text.append(" (errno ").append(std::to_string(error)).append(")");
    }
  }
  return {code, std::move(text)};
}

void Database::close_without_checkpoint() {
  if (handle_ == nullptr) return;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  close();
}

void Database::close() {
  // Only fails while statements are open: an order of members that is wrong.
  if (handle_ != nullptr)
    EVENTODB_CHECK(sqlite3_close(std::exchange(handle_, nullptr)) == SQLITE_OK);
}

void Database::swap(Database& other) noexcept {
  std::swap(handle_, other.handle_);
  path_.swap(other.path_);
}

Code Statement::prepare(Database& database, const char* sql) {
  sqlite3_finalize(std::exchange(handle_, nullptr));
  return sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_,
                            nullptr);
}

void Statement::bind_text(int parameter, std::string_view text) {
  note(sqlite3_bind_text64(handle_, parameter, text.data() != nullptr ? text.data() : "",
                           text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
  note(sqlite3_bind_blob64(handle_, parameter, bytes.data() != nullptr ? bytes.data() : "",
                           bytes.size(), SQLITE_STATIC));
}

Code Statement::run() {
  const Code code = step();
  reset();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

std::string_view Statement::bytes(int column) const {
  // As a blob: the text form would be copied to add a terminator.
  const void* data = sqlite3_column_blob(handle_, column);
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

}  // namespace eventodb::store::sqlite
