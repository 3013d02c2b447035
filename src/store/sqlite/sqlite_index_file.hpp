#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventodb/message.hpp"
#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_id_segments.hpp"
#include "store/sqlite/sqlite_log_file.hpp"
#include "store/sqlite/sqlite_pair_page.hpp"
#include "store/sqlite/sqlite_paths.hpp"

namespace eventodb::store::sqlite {

/// One message to index. The views point into the tail.
struct IndexRow {
  std::int64_t global_position;
  std::int64_t stream_id;
  std::int64_t position;
  std::int64_t time_us;
  MessageId id;
  std::string_view stream;
  std::string_view type;
  std::string_view correlation;  ///< "" is none
  std::int64_t category_id = 0;  ///< found by the step
};

/// What an index covers; kept in the file with the rows, so that both always agree.
struct IndexState {
  std::int64_t indexed_up_to = -1;  ///< -1: nothing (an imported log may start at 0)
  std::int64_t last_stream_id = 0;
  std::int64_t message_count = 0;
};

/// index.db through the one connection that commits and checkpoints. Everything in it is derived
/// from log.db: a file that is missing, damaged, or of another state of the log is made anew and
/// filled by the same steps as ever. Not thread-safe.
class IndexFile {
 public:
  IndexFile();
  ~IndexFile();
  IndexFile(const IndexFile&) = delete;
  IndexFile& operator=(const IndexFile&) = delete;

  /// Opens the file if it fits `log`, else makes an empty one (and logs why). `rebuild` always
  /// makes an empty one. Call once.
  DbResult<void> open(const std::string& path, const LogId& log_id, LogFile& log, bool rebuild,
                      int checkpoint_pages);

  const IndexState& state() const { return state_; }
  /// The ids of all that is committed. REQUIRES: open.
  const std::shared_ptr<const IdDirectory>& ids() const { return ids_->directory(); }

  /// One step: writes the rows, which must follow what is indexed in ascending global position,
  /// without committing. Sorts `rows`. On failure nothing of the step remains.
  DbResult<void> write(std::span<IndexRow> rows);
  /// Makes the step visible to readers. On failure nothing of it remains.
  DbResult<void> commit();

  /// Between steps: bounds the WAL. Failures are for the log only; the index can be rebuilt.
  DbResult<void> checkpoint_when_due();

  /// Orderly, with a last checkpoint, or leaving all as it is. False (and logged): that failed, and
  /// the next open looks at it as after a crash.
  [[nodiscard]] bool close();
  void close_without_checkpoint();

 private:
  struct Statements;
  struct Names;
  /// What the file was after its last complete checkpoint; whatever it had since is in the WAL.
  struct Base {
    std::int64_t generation = 0;
    std::int64_t pages = 0;
  };

  DbResult<bool> open_existing(const LogId& log_id, LogFile& log, std::string& reason);
  DbResult<bool> fits(const LogId& log_id, LogFile& log, std::string& reason);
  DbResult<void> make_empty(const LogId& log_id);
  [[nodiscard]] Code prepare();
  DbResult<void> checkpoint();
  /// Moves the whole WAL into the file and marks it as complete without one.
  DbResult<void> make_whole();
  /// REQUIRES: the file has everything that the WAL has.
  DbResult<void> note_base();
  void roll_back();
  void drop_statements();
  Failure failure(Code code) const {
    Failure failure = database_.failure(code, "index");
    failure.is_derived = true;
    return failure;
  }

  [[nodiscard]] Code write_streams(std::span<IndexRow> rows);
  [[nodiscard]] Code write_stream(std::span<IndexRow> rows);
  [[nodiscard]] Code insert_stream(const IndexRow& last, std::int64_t category);
  [[nodiscard]] Code update_stream(const IndexRow& last);
  [[nodiscard]] Code write_categories(std::span<IndexRow> rows);
  [[nodiscard]] Code write_step(std::span<IndexRow> rows);
  [[nodiscard]] Code write_ids(std::span<const IndexRow> rows);
  /// Pairs of one owner gather in a page until that is full or write_page() ends it.
  [[nodiscard]] Code write_pair(Statement& insert, std::int64_t owner, Pair pair);
  [[nodiscard]] Code write_page(Statement& insert, std::int64_t owner);
  [[nodiscard]] Code write_correlations(std::span<IndexRow> rows);
  [[nodiscard]] Code category_id(std::string_view stream, std::int64_t& id);
  [[nodiscard]] Code correlation_id(std::string_view name, std::int64_t& id);

  std::string path_;
  int checkpoint_pages_ = 0;
  bool had_wal_ = false;  // when it was opened
  Database database_;
  std::unique_ptr<Statements> statements_;
  std::unique_ptr<Names> names_;
  std::unique_ptr<IdSegments> ids_;
  std::vector<IdPlace> id_places_;  // of the step
  WalWatch wal_;
  IndexState state_;
  IndexState written_;  // state_ after the step that is being written
  std::int64_t generation_ = 0;
  Base base_;
};

}  // namespace eventodb::store::sqlite
