#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "eventodb/limits.hpp"
#include "store/log/message_log.hpp"
#include "store/sqlite/sqlite_heads.hpp"
#include "store/sqlite/sqlite_index_file.hpp"
#include "store/sqlite/sqlite_log_file.hpp"
#include "store/sqlite/sqlite_message_cache.hpp"
#include "store/sqlite/sqlite_new_streams.hpp"
#include "store/sqlite/sqlite_readers.hpp"
#include "store/sqlite/sqlite_row_pages.hpp"

namespace eventodb::store::sqlite {

/// What it takes to open a namespace's files.
struct NamespacePlace {
  std::string directory;  ///< absolute
  std::string id;
  LogId log_id{};
  FileOptions options = {};

  std::string log_path() const { return directory + "/log.db"; }
  std::string index_path() const { return directory + "/index.db"; }
};

class AppendBatch;

/// The end of a log.
struct LogEnd {
  std::int64_t last_global = 0;
  Timestamp last_time;
  std::int64_t message_count = 0;
  std::int64_t stream_count = 0;  ///< also the number of the newest stream
};

/// Everything of a namespace that exists only while its files are open.
///
/// Invariant: the index covers the messages up to `indexed_up_to`, the tail holds all above it, and
/// both move together: what is dropped from the tail was committed to the index before. A reader
/// that looks at the tail first and then at the index therefore misses nothing.
struct OpenFiles {
  /// Opens both files and reads what the index lacks into the tail; when that is more than the tail
  /// holds, indexes it in steps first. Blocks. `progress` (optional) is told the messages indexed
  /// and the total.
  using Progress = std::function<void(std::int64_t indexed, std::int64_t total)>;
  static DbResult<std::unique_ptr<OpenFiles>> open(const NamespacePlace& place, bool rebuild_index,
                                                   const Progress& progress);

  /// One index step over the oldest messages of the tail; takes `mutex` (the one that guards the
  /// fields below) for short moments. One thread at a time. Returns how many it indexed.
  DbResult<std::size_t> index_step(std::mutex& mutex);

  /// Closes every connection; nothing may use them any more. `orderly`: the tail is indexed and the
  /// WALs are moved into their files; returns whether the index is complete. Otherwise all is left
  /// as after a crash. Fails (and logs why) when the log's checkpoint did: the log must not be
  /// written any more.
  DbResult<bool> close(bool orderly);

  bool tail_is_full() const {
    return tail.message_count() >= place.options.tail_messages_max ||
           tail.bytes() >= place.options.tail_bytes_max;
  }

  /// An index step is worth its while without waiting for more.
  bool index_is_due() const {
    return tail.message_count() >= place.options.tail_messages_max / 8 ||
           tail.bytes() >= place.options.tail_bytes_max / 3;
  }

  NamespacePlace place;
  MessageCache::Owner cache_owner = 0;  ///< set by the namespace
  RowPages log_pages;  ///< declared before all that has the log open, so that it closes after it

  // --- used by the writer alone ---
  LogFile log;
  IndexReader lookup;  ///< heads and ids that are not in memory; opened when first needed

  // --- used by the indexer alone ---
  IndexFile index;
  /// Held while the border between index and tail moves; whoever holds it sees both stand still.
  std::mutex border_mutex;

  // --- guarded by the namespace's mutex ---
  MessageLog tail;
  NewStreams new_streams;
  HeadCache heads{limits::kHeadCacheStreamsMax};
  std::uint64_t batch_number = 0;  ///< of the newest batch
  std::int64_t indexed_up_to = -1;
  std::shared_ptr<const IdDirectory> ids;  ///< up to `indexed_up_to` and maybe some more
  LogEnd published;                        ///< as published: what readers may see
  LogEnd log_end;  ///< as written, durable or not: where the next batch begins
  std::vector<AppendBatch*> unpublished;  ///< written, waiting for a sync; in order
  bool has_failed_sync = false;           ///< then none is trusted
  std::vector<std::unique_ptr<ReadFiles>> idle_readers;

 private:
  static DbResult<std::unique_ptr<OpenFiles>> open_as_it_is(const NamespacePlace& place,
                                                            bool rebuild_index,
                                                            const Progress& progress);
  DbResult<void> catch_up(const Progress& progress);
  DbResult<void> fill_tail(const Progress& progress);
  void add_to_tail(const MessageRow& row);
};

}  // namespace eventodb::store::sqlite
