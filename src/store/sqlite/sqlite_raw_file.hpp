#pragma once

#include <cstdint>
#include <string>

namespace eventodb::store::sqlite {

/// What a database file says of itself without its WAL: the state the last checkpoint left.
struct RawHeader {
  bool is_database = false;  ///< else all that follows is meaningless
  std::int64_t user_version = 0;
  std::int64_t application_id = 0;
  std::int64_t page_count = 0;
  std::int64_t file_pages = 0;  ///< whole ones that are really there
  /// Shorter than its header says. (It may be longer: a checkpoint that was interrupted.)
  bool is_cut_off() const { return file_pages < page_count; }
};

/// False when the file is too short to be a database or cannot be read.
bool read_raw_header(const std::string& database, RawHeader& header);

/// Whether the database's WAL holds at least the beginning of a transaction.
bool has_wal_frames(const std::string& database);

}  // namespace eventodb::store::sqlite
