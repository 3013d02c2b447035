#pragma once

#include <sqlite3.h>

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "eventodb/error.hpp"

/// The thin layer over SQLite's C interface: who owns what, and how failures travel. Connections
/// are opened without SQLite's mutexes: one thread at a time may use a connection and its
/// statements.
namespace eventodb::store::sqlite {

/// An extended SQLite result code.
using Code = int;

/// What SQLite refused. `text` names the file and is for the log, not for clients.
struct Failure {
  // No aggregate: it must not be made from a lone number, or DbResult<int> could not tell them
  // apart.
  Failure() = default;
  Failure(Code result, std::string what, bool derived = false)
      : code(result), text(std::move(what)), is_derived(derived) {}

  Code code = SQLITE_ERROR;
  std::string text;
  bool is_derived = false;  ///< in a file that can be rebuilt from another one
};

[[noreturn]] inline void throw_exception_from_error(const Failure& failure,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked failure: " + failure.text);
}

template <class T>
using DbResult = boost::system::result<T, Failure>;

inline Code primary(Code code) {
  return code & 0xff;
}
/// The file itself is not what it should be. Since version 3.45 SQLite reads what overflows a page
/// straight from the file, and says so when that ends before.
inline bool is_damage(Code code) {
  return primary(code) == SQLITE_CORRUPT || primary(code) == SQLITE_NOTADB ||
         code == SQLITE_IOERR_SHORT_READ;
}
inline bool is_disk_full(Code code) {
  return primary(code) == SQLITE_FULL;
}
/// A sync that failed is not to be trusted again, wherever it happened.
inline bool is_sync_failure(Code code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

/// Logs the failure and makes the answer a client may see.
Error storage_error(const Failure& failure);

class Statement;

/// One connection. Movable, closed by its destructor.
class Database {
 public:
  enum class Access : std::uint8_t {
    kReadWrite,  ///< the one connection that commits and checkpoints
    kReadOnly,   ///< never writes, never checkpoints
  };

  Database() = default;
  Database(Database&& other) noexcept { swap(other); }
  Database& operator=(Database&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Database() { close(); }

  /// Opens an existing file (an empty one is a new database).
  static DbResult<Database> open(const std::string& path, Access access);

  bool is_open() const { return handle_ != nullptr; }
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

  /// Runs statements without parameters; rows are ignored.
  [[nodiscard]] Code execute(const char* sql);
  /// The first column of the first row; `missing` when there is none or it is NULL.
  DbResult<std::int64_t> query_integer(const char* sql, std::int64_t missing = 0);

  /// The last error of this connection, as a Failure.
  Failure failure(Code code, std::string_view doing) const;

  /// Closes without a checkpoint: what the WAL holds stays there. For files in an unknown state.
  void close_without_checkpoint();
  void close();

 private:
  void swap(Database& other) noexcept;

  sqlite3* handle_ = nullptr;
  std::string path_;
};

/// One prepared statement, kept and reused. REQUIRES: its Database outlives it.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept : handle_(other.handle_), bind_code_(other.bind_code_) {
    other.handle_ = nullptr;
  }
  Statement& operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(bind_code_, other.bind_code_);
    return *this;
  }
  ~Statement() { sqlite3_finalize(handle_); }

  bool is_prepared() const { return handle_ != nullptr; }
  [[nodiscard]] Code prepare(Database& database, const char* sql);

  // Parameters count from 1. Views are borrowed until the next reset() or bind. A failed bind is
  // reported by step().
  void bind(int parameter, std::int64_t value) {
    note(sqlite3_bind_int64(handle_, parameter, value));
  }
  void bind_null(int parameter) { note(sqlite3_bind_null(handle_, parameter)); }
  void bind_text(int parameter, std::string_view text);
  void bind_blob(int parameter, std::string_view bytes);

  /// SQLITE_ROW, SQLITE_DONE or an error.
  [[nodiscard]] Code step() { return bind_code_ != SQLITE_OK ? bind_code_ : sqlite3_step(handle_); }
  /// Ends the run, so that it holds no lock; bound values stay.
  void reset() {
    sqlite3_reset(handle_);
    bind_code_ = SQLITE_OK;
  }
  /// step() for a statement without rows, then reset(): SQLITE_OK or the error.
  [[nodiscard]] Code run();

  // Columns count from 0; views end with the next step() or reset().
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  bool is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  /// The bytes of a text or blob.
  std::string_view bytes(int column) const;

 private:
  void note(Code code) {
    if (code != SQLITE_OK && bind_code_ == SQLITE_OK) bind_code_ = code;
  }

  sqlite3_stmt* handle_ = nullptr;
  Code bind_code_ = SQLITE_OK;
};

/// Resets a statement at the end of a scope.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

}  // namespace eventodb::store::sqlite
