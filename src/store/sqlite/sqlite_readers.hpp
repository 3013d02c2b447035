#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventodb/stream_name.hpp"
#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_heads.hpp"
#include "store/sqlite/sqlite_id_directory.hpp"
#include "store/sqlite/sqlite_log_file.hpp"
#include "store/sqlite/sqlite_pair_page.hpp"
#include "store/sqlite/sqlite_row_pages.hpp"

namespace eventodb::store::sqlite {

/// index.db through a read-only connection. Not thread-safe; one scan at a time.
class IndexReader {
 public:
  DbResult<void> open(const std::string& path);
  bool is_open() const { return database_.is_open(); }
  Failure failure(Code code) const {
    Failure failure = database_.failure(code, "read");
    failure.is_derived = true;
    return failure;
  }
  Database& database() { return database_; }

  /// A snapshot from the first query to end(), so that queries do not lock one by one.
  [[nodiscard]] Code begin();
  void end();

  /// Number 0 when the stream is not indexed.
  DbResult<StreamHead> find_stream(std::string_view name);
  /// Global position of the message with this id, if it is in one of these pages.
  DbResult<std::optional<std::int64_t>> find_id(const IdKey& id, std::span<const IdPageRef> pages);
  /// Global position of the stream's last message of this type.
  DbResult<std::optional<std::int64_t>> find_type(std::int64_t stream_id, std::string_view type);
  DbResult<std::optional<std::int64_t>> find_category(std::string_view name);
  DbResult<std::optional<std::int64_t>> find_correlation(std::string_view name);
  /// Remembered for streams seen lately: it never changes.
  DbResult<std::optional<std::uint64_t>> group_hash(std::int64_t stream_id);

  /// How many streams the category has, or the namespace (nullopt).
  DbResult<std::int64_t> count_streams(std::optional<std::int64_t> category);
  /// Yields (number, group hash or NULL) of these streams with a number above `after`, in order.
  DbResult<Statement*> list_group_hashes(std::optional<std::int64_t> category, std::int64_t after);

  /// Where one message of a stream is.
  struct StreamMessage {
    std::int64_t position;
    std::int64_t global_position;
  };
  // nullopt: there is none.
  DbResult<std::optional<StreamMessage>> last_message(std::int64_t stream_id);
  /// The first one at or after `position`.
  DbResult<std::optional<StreamMessage>> message_from(std::int64_t stream_id,
                                                      std::int64_t position);
  /// The first one at or after `position` and at or before `last` whose global position is at or
  /// after `from`, by halving.
  DbResult<std::optional<StreamMessage>> message_from(std::int64_t stream_id, std::int64_t position,
                                                      std::int64_t last, std::int64_t from);

  /// Yields (position, global position) in order. Reset its rows when done.
  DbResult<PairScan*> scan_stream(std::int64_t stream_id, std::int64_t position);
  // Yield (global position, stream number) with from <= global position <= to, in order.
  DbResult<PairScan*> scan_category(std::int64_t category, std::int64_t from, std::int64_t to);
  DbResult<PairScan*> scan_correlation(std::int64_t correlation, std::int64_t from,
                                       std::int64_t to);
  DbResult<PairScan*> scan_correlation(std::int64_t correlation, std::int64_t category,
                                       std::int64_t from, std::int64_t to);
  /// Yields (name, version, last time) in byte order of the names.
  DbResult<Statement*> list_streams(std::string_view prefix, std::string_view after,
                                    std::int64_t limit);
  /// Yields (name, streams, messages) in byte order of the names.
  DbResult<Statement*> list_categories();

 private:
  DbResult<Statement*> ready(Statement& statement, const char* text);
  DbResult<std::optional<std::int64_t>> find_name(Statement& statement, const char* text,
                                                  std::string_view name);
  DbResult<std::optional<std::int64_t>> one_integer(Statement& statement);

  Database database_;
  Statement begin_, commit_;
  Statement streams_of_category_, last_stream_id_, list_group_hashes_, list_all_group_hashes_;
  Statement last_page_of_stream_;
  Statement find_stream_, find_type_, find_category_, find_correlation_, group_hash_;
  Statement scan_stream_, scan_category_, scan_correlation_, scan_correlation_in_category_;
  Statement list_streams_, list_categories_;
  IdPageReader id_pages_;
  std::vector<IdPlace> ids_;  // of a page
  PairScan scan_;
  std::vector<Pair> last_page_;
  boost::unordered_flat_map<std::int64_t, std::optional<std::uint64_t>> group_hashes_;
};

/// log.db through a read-only connection. Not thread-safe.
class LogReader {
 public:
  DbResult<void> open(const std::string& path, std::uint64_t seed);
  bool is_open() const { return database_.is_open(); }
  Failure failure(Code code, std::string_view doing = "read") const {
    return database_.failure(code, doing);
  }

  /// A snapshot from the first fetch to end(), so that fetches do not lock one by one.
  [[nodiscard]] Code begin();
  void end();

  /// Whether what was fetched lately took so long that it must have come from the disk.
  bool waits_for_disk() const { return waits_for_disk_; }
  /// Has the disk bring all that fetches of these messages, in ascending order, are going to read.
  void expect(std::span<RowPlace> messages, const RowPages& pages);
  /// The views live until the next call; false: there is no such message.
  DbResult<bool> fetch(std::int64_t global_position, MessageRow& row);
  /// Yields (global position, stream number) with from <= global position <= to, in order.
  DbResult<PairScan*> scan(std::int64_t from, std::int64_t to);
  /// The same for who wants every message: its rows have all of it, for row_of(), which saves the
  /// fetches.
  DbResult<PairScan*> scan_messages(std::int64_t from, std::int64_t to);
  /// The views live until the scan's next step.
  DbResult<MessageRow> row_of(const Statement& scan) const {
    return MessageRow::read(scan, database_, seed_);
  }

 private:
  Database database_;
  std::uint64_t seed_ = 0;
  std::uint32_t messages_root_ = 0;
  bool waits_for_disk_ = false;
  Statement begin_, commit_, fetch_, scan_, scan_messages_;
  PairScan pairs_;
};

/// Bounds how many there are of something. Thread-safe.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}
  struct GiveBack {
    void operator()(Slots* slots) const { slots->free_.fetch_add(1, std::memory_order_relaxed); }
  };
  using Slot = std::unique_ptr<Slots, GiveBack>;

  /// nullptr: none is free.
  Slot take() {
    std::size_t free = free_.load(std::memory_order_relaxed);
    while (free != 0 && !free_.compare_exchange_weak(free, free - 1, std::memory_order_relaxed)) {
    }
    return Slot(free != 0 ? this : nullptr);
  }

 private:
  std::atomic<std::size_t> free_;
};

/// What one read on a reader thread works with; kept by the namespace between reads.
struct ReadFiles {
  Slots::Slot spare;  ///< held while it is kept beyond what every namespace may keep
  IndexReader index;
  LogReader log;
};

}  // namespace eventodb::store::sqlite
