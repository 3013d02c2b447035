#pragma once

#include <cstdint>
#include <string>

namespace eventodb::store::sqlite {

/// What a database file says of itself without its WAL: the state the last checkpoint left.
struct RawHeader {
  std::int64_t user_version = 0;
  std::int64_t application_id = 0;
  bool has_whole_size = false;  ///< as long as its header says
};

/// False when the file is too short to be a database or cannot be read.
bool read_raw_header(const std::string& database, RawHeader& header);

/// Whether the database's WAL holds at least the beginning of a transaction.
bool has_wal_frames(const std::string& database);

}  // namespace eventodb::store::sqlite
