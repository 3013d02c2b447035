#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "eventodb/message.hpp"
#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_log_rows.hpp"
#include "store/sqlite/sqlite_options.hpp"
#include "store/sqlite/sqlite_paths.hpp"
#include "store/sqlite/sqlite_raw_file.hpp"
#include "store/sqlite/sqlite_wal_sync.hpp"

namespace eventodb::store::sqlite {

/// A message row of a statement with the columns of sql::kFetchMessage, checked against its
/// checksum. The views end with the statement's next step or reset.
struct MessageRow {
  MessageView message;
  std::int64_t stream_id = 0;

  /// Fails with SQLITE_CORRUPT when the row is not what was stored. `seed`: checksum_seed() of the
  /// log, so that rows of another log fail too.
  static DbResult<MessageRow> read(const Statement& row, const Database& database,
                                   std::uint64_t seed);
};

/// The pages in a connection's WAL as of its last commit, and when to checkpoint them.
class WalWatch {
 public:
  WalWatch() = default;
  WalWatch(const WalWatch&) = delete;
  WalWatch& operator=(const WalWatch&) = delete;

  /// Call once the connection's settings are made. A checkpoint is due every so many pages.
  void attach(Database& database, int checkpoint_pages);
  bool is_due() const { return pages_ >= due_; }
  int pages() const { return pages_; }
  /// Nothing was committed through this connection.
  bool is_unused() const { return pages_ == 0; }
  /// A passive checkpoint: never waits for readers. SQLITE_OK also when readers keep a part back or
  /// the disk is full: it is tried again some pages later. Any other code means that a write or
  /// sync failed and the file must not be written any more.
  [[nodiscard]] Code checkpoint(Database& database);
  /// Whether the last checkpoint left nothing behind in the WAL.
  bool is_complete() const { return complete_; }

 private:
  int pages_ = 0;
  int period_ = 0;
  int due_ = 0;
  bool complete_ = false;
};

/// Where the numbers of a file's checkpoints start. Random, so that those of a file that was made
/// anew never look like those of its predecessor.
std::int64_t first_generation();

/// log.db through the one connection that commits and checkpoints. Not thread-safe, but for syncs.
class LogFile {
 public:
  struct Newest {
    bool exists = false;
    std::int64_t global_position = 0;
    std::int64_t time_us = 0;
  };

  LogFile() = default;
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Makes the file of a new namespace and closes it. The directory must exist, the file not.
  static DbResult<void> create(const std::string& path, const LogId& log_id,
                               std::string_view namespace_id);
  /// Opens, migrates and checks that the file belongs to this namespace. Call once.
  DbResult<void> open(const std::string& path, const LogId& log_id, std::string_view namespace_id,
                      const FileOptions& options);

  Database& database() { return database_; }
  std::uint64_t seed() const { return seed_; }
  /// `code` as a Failure that names the file.
  Failure failure(Code code, std::string_view doing) const {
    return database_.failure(code, doing);
  }

  DbResult<Newest> newest();
  DbResult<std::int64_t> last_stream_id();
  /// The id stored at a global position, as 16 bytes; "" when there is none.
  DbResult<std::string> message_id_at(std::int64_t global_position);

  // One commit: begin, any number of inserts, then commit or rollback.
  [[nodiscard]] Code begin();
  /// The messages, and the names of new streams. REQUIRES: not empty; global positions go on where
  /// the newest message's ends, without a gap.
  [[nodiscard]] Code insert(std::span<const LogMessage> messages);
  [[nodiscard]] Code commit();
  /// Nothing of the open transaction remains; none open is fine.
  void rollback();

  /// Syncs that may run at once, beside each other and beside the next commit.
  static constexpr std::size_t kSyncsMax = 2;
  /// With durability `disk`: a commit is durable when a sync that began behind it has succeeded.
  bool must_sync() const { return must_sync_; }
  /// Blocks. From any thread, each number by one at a time; REQUIRES: must_sync(). After a failure
  /// nothing of what is not known to be durable yet will ever be.
  [[nodiscard]] Code sync(std::size_t number) { return syncs_[number].sync(); }

  /// Fetches one message (views until the guard's end); false: there is none. REQUIRES: the guard
  /// of start_fetching() is there, since what is not reset keeps checkpoints away from the file.
  DbResult<bool> fetch(std::int64_t global_position, MessageRow& row);
  ResetAtEnd start_fetching() { return ResetAtEnd(fetch_); }

  /// Between commits, with durability `disk`: writes zeros behind the WAL's end before it gets
  /// there. A sync of bytes that replace others costs half of one of bytes that make the file
  /// longer, which waits for the file system's journal (docs/performance.md). SQLite ends a WAL at
  /// the first frame that does not fit. What fails here, as on a full disk, is
  /// tried again some commits later.
  void keep_wal_ahead() noexcept;
  /// keep_wal_ahead() or checkpoint() has something to do.
  bool is_upkeep_due() const { return is_checkpoint_due() || wants_room(); }

  bool is_checkpoint_due() const { return wal_.is_due(); }
  /// Moves the WAL into the file, as far as readers let it. SQLITE_OK also when the disk is full:
  /// it is tried again later. Any other code: the file must not be written any more.
  [[nodiscard]] Code checkpoint();

  /// Orderly: moves the WAL into the file and removes it.
  void close();
  /// Leaves the WAL as it is, for the next open to judge.
  void close_without_checkpoint();

 private:
  DbResult<void> open_and_check(const std::string& path, const LogId& log_id,
                                std::string_view namespace_id, const FileOptions& options);
  DbResult<void> check_identity(const LogId& log_id, std::string_view namespace_id);
  DbResult<void> check_generation(const RawHeader& raw);
  [[nodiscard]] Code prepare();
  [[nodiscard]] Code insert_stream(const LogMessage& message);
  [[nodiscard]] Code prepare_syncs();
  bool wants_room() const;
  void finalize();

  LogRows rows_;
  Database database_;
  Statement begin_, commit_, insert_stream_, insert_messages_, fetch_, set_base_;
  WalWatch wal_;
  bool must_sync_ = false;
  std::array<WalSync, kSyncsMax> syncs_;
  sqlite3_int64 wal_bytes_ = 0;  // of the file; after a failure as if it had been written
  bool had_frames_ = false;      // in the WAL when it was opened
  // The header's application_id counts checkpoints: the newest number, WAL included, and the one
  // that the file has had since its last complete checkpoint.
  std::int64_t generation_ = 0;
  std::int64_t base_generation_ = 0;
  bool is_base_stored_ = true;  // in the identity
  std::uint64_t seed_ = 0;
};

/// Reads log.db from front to back, for catching up. Not thread-safe.
class LogScan {
 public:
  /// REQUIRES: `log` outlives the scan.
  DbResult<void> start(LogFile& log, std::int64_t after);
  /// The next message (views until the next call); false at the end.
  DbResult<bool> next(MessageRow& row);

 private:
  LogFile* log_ = nullptr;
  Statement scan_;
};

}  // namespace eventodb::store::sqlite
