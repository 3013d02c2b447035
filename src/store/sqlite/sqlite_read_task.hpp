#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/sqlite_member_merge.hpp"
#include "store/sqlite/sqlite_namespace.hpp"

namespace eventodb::store::sqlite {

/// One read: first a look at memory on the I/O thread, then, when that is not enough, the files on
/// a reader thread, and memory again, until it is answered. Lies in the frame of the coroutine that
/// reads.
///
/// No gap and no duplicate, whatever the indexer does meanwhile: a look notes how far the index
/// reaches (`border_`), the files are read up to there and not beyond, and the next look starts
/// behind it.
class ReadTask : public base::ThreadHop, public Job {
 public:
  explicit ReadTask(SqliteNamespace& ns) : ns_(ns) {}

  enum class Look : std::uint8_t { kAnswered, kNeedsFiles, kClosed, kDeleted };

  /// Takes the namespace's mutex for short moments. kNeedsFiles: the files stay open until run().
  Look look();
  /// On a reader thread; ends by sending the coroutine home.
  void run() noexcept final;

  bool is_answered() const { return is_answered_; }
  /// The index was found damaged and is being rebuilt: look again.
  bool must_retry() const { return must_retry_; }
  const std::optional<Failure>& failure() const { return failure_; }

 protected:
  enum class Memory : std::uint8_t {
    kAnswered,
    kAgain,  ///< answered in part: let others have the mutex and ask again
    kNeedsFiles,
  };

  ~ReadTask() = default;

  /// With the namespace's mutex held.
  virtual Memory look_in_memory(OpenFiles& files) = 0;
  /// On a reader thread, without it; calls answered() when there is nothing left to do.
  virtual DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) = 0;

  void answered() { is_answered_ = true; }
  std::mutex& mutex() const { return ns_.mutex_; }
  MessageCache& cache() const;
  /// Keeps what the index says of a stream, so that the next look need not ask it. Without the
  /// namespace's mutex.
  void note_head(OpenFiles& files, std::string_view stream, StreamHead indexed);

  static constexpr auto kRowsMax = static_cast<std::int64_t>(limits::kReadStepRowsMax);

  /// Up to where the index reached at the last look.
  std::int64_t border_ = -1;
  /// What this call may still look at.
  std::int64_t rows_left_ = kRowsMax;

 private:
  DbResult<void> read();

  SqliteNamespace& ns_;
  OpenFiles* files_ = nullptr;
  bool is_answered_ = false;
  bool must_retry_ = false;
  std::optional<Failure> failure_;
};

/// The messages of one stream, upwards.
class StreamRead final : public ReadTask {
 public:
  StreamRead(SqliteNamespace& ns, StreamCursor& cursor, MessageVisitor& visitor)
      : ReadTask(ns), cursor_(cursor), visitor_(visitor) {}
  ReadState state() const { return state_; }

 private:
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;
  bool needs_index(const OpenFiles& files,
                   const std::optional<MessageLog::StreamHead>& in_tail) const;
  /// What the message cache has of the messages before `end`, a slice at most.
  Memory read_cached(OpenFiles& files, std::int64_t stream_id, std::int64_t end);
  DbResult<void> deliver(OpenFiles& files, const StreamHead& head, PairScan& scan,
                         ReadFiles& readers);

  StreamCursor& cursor_;
  MessageVisitor& visitor_;
  std::int64_t searched_up_to_ = INT64_MIN;  // the index was read up to this border
  ReadState state_ = ReadState::kDone;
};

/// The messages of one category, or of all, upwards, with the filters of the cursor. What belongs
/// to other members of a consumer group is passed over, until that has cost about as much as
/// looking at the category's streams would; then the member's streams are looked for and merged.
class CategoryRead final : public ReadTask {
 public:
  CategoryRead(SqliteNamespace& ns, CategoryCursor& cursor, MessageVisitor& visitor)
      : ReadTask(ns), cursor_(cursor), visitor_(visitor) {}
  ReadState state() const { return state_; }

 private:
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;
  DbResult<void> read_step(ReadFiles& readers);
  /// Everything is wanted: the log itself is in the right order.
  bool scans_log() const { return cursor_.category.empty() && cursor_.correlation.empty(); }
  /// And nothing is passed over.
  bool scans_messages() const { return scans_log() && !cursor_.group; }
  DbResult<void> scan(std::optional<std::int64_t> category, ReadFiles& readers);
  /// nullptr: nothing indexed can match.
  DbResult<PairScan*> start_scan(std::optional<std::int64_t> category, ReadFiles& readers) const;
  DbResult<void> deliver(PairScan& scan, ReadFiles& readers);
  DbResult<bool> is_wanted(std::int64_t stream_id, IndexReader& index) const;
  DbResult<void> merge(std::optional<std::int64_t> category, ReadFiles& readers);
  /// Hands the message over that lies before `next`; whether the read goes on.
  DbResult<bool> fetch_and_hand_over(std::int64_t stream_id, ReadFiles& readers);
  DbResult<bool> hand_over_from(const Statement& scan, ReadFiles& readers);

  CategoryCursor& cursor_;
  MessageVisitor& visitor_;
  ReadState state_ = ReadState::kDone;
  /// What a scan may pass over before the member's streams are merged instead.
  std::int64_t pass_over_max_ = INT64_MAX;
  std::optional<MemberMerge> merge_;
  MessageCache::Owner merged_owner_ = 0;  // of the files it was made from: another for each opening
};

/// The newest message of a stream, of one type or any.
class LastRead final : public ReadTask {
 public:
  LastRead(SqliteNamespace& ns, std::string_view stream, std::string_view type,
           MessageVisitor& visitor)
      : ReadTask(ns), stream_(stream), type_(type), visitor_(visitor) {}
  bool is_found() const { return is_found_; }

 private:
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;

  std::string_view stream_;
  std::string_view type_;
  MessageVisitor& visitor_;
  bool is_found_ = false;
};

/// The version of a stream; -1: it has no messages.
class VersionRead final : public ReadTask {
 public:
  VersionRead(SqliteNamespace& ns, std::string_view stream) : ReadTask(ns), stream_(stream) {}
  std::int64_t version() const { return version_; }

 private:
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;

  std::string_view stream_;
  std::int64_t version_ = -1;
};

/// Counts and the newest position: always in memory.
class InfoRead final : public ReadTask {
 public:
  explicit InfoRead(SqliteNamespace& ns) : ReadTask(ns) {}
  const NamespaceInfo& info() const { return info_; }
  GlobalPosition head() const { return head_; }

 private:
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;

  NamespaceInfo info_;
  GlobalPosition head_;
};

/// Streams in byte order: those of the index, those that only the tail has, versions from both.
class StreamList final : public ReadTask {
 public:
  StreamList(SqliteNamespace& ns, std::string_view prefix, std::string_view after,
             std::int64_t limit, StreamInfoVisitor& visitor)
      : ReadTask(ns), prefix_(prefix), after_(after), limit_(limit), visitor_(visitor) {}

 private:
  struct Entry {
    std::string name;
    std::int64_t version;
    Timestamp last_time;
  };
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;
  DbResult<std::vector<Entry>> indexed(ReadFiles& readers) const;
  void merge_tail(OpenFiles& files, std::vector<Entry>& entries) const;

  std::string_view prefix_;
  std::string_view after_;
  std::int64_t limit_;
  StreamInfoVisitor& visitor_;
};

/// Categories in byte order with exact counts: the index's plus the tail's.
class CategoryList final : public ReadTask {
 public:
  CategoryList(SqliteNamespace& ns, CategoryInfoVisitor& visitor)
      : ReadTask(ns), visitor_(visitor) {}

 private:
  struct Entry {
    std::string name;
    std::int64_t streams;
    std::int64_t messages;
  };
  Memory look_in_memory(OpenFiles& files) override;
  DbResult<void> read_files(OpenFiles& files, ReadFiles& readers) override;
  DbResult<std::vector<Entry>> indexed(ReadFiles& readers) const;

  CategoryInfoVisitor& visitor_;
};

}  // namespace eventodb::store::sqlite
