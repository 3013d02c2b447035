#pragma once

#include <atomic>
#include <bitset>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/io_thread.hpp"
#include "eventodb/store.hpp"
#include "store/sqlite/sqlite_open_files.hpp"
#include "store/sqlite/sqlite_registry.hpp"
#include "store/sqlite/sqlite_threads.hpp"

namespace eventodb::store::sqlite {

struct StoreParts;
class AppendBatch;
class ReadTask;
class SqliteNamespace;

/// Appends of one coroutine that wait for their commit; lies in its frame.
struct PendingAppends : base::ThreadHop {
  PendingAppends(SqliteNamespace& owner, std::span<Append> wanted);

  /// The same outcome for all.
  void fail(const Error& error);

  SqliteNamespace& ns;
  std::span<Append> appends;
  std::size_t messages = 0;
  std::size_t bytes = 0;
};

/// A job that calls one member function.
template <class Owner, void (Owner::*kFunction)() noexcept, class Base>
class MemberJob final : public Base {
 public:
  explicit MemberJob(Owner& owner) : owner_(owner) {}
  void run() noexcept override { (owner_.*kFunction)(); }

 private:
  Owner& owner_;
};

/// One namespace: a queue of appends, the state of its files, and who uses them.
///
/// States: closed -> opening -> open -> closing -> closed, and deleted from any of them. Files are
/// opened and closed on opener threads, appends run on writer threads, index steps on index
/// threads, reads that need files on reader threads; `mutex_` guards what they share and is never
/// held during a call to SQLite. Whatever needs closed files waits for the opening.
class SqliteNamespace final : public Namespace,
                              public std::enable_shared_from_this<SqliteNamespace> {
 public:
  SqliteNamespace(StoreParts& parts, RegistryRow row);
  ~SqliteNamespace() override;

  std::string_view id() const override { return row_.id; }
  std::string_view description() const override { return row_.description; }
  Timestamp created_at() const override { return row_.created_at; }
  TokenHash token_hash() const override;
  bool is_deleted() const override;

  Awaitable<Result<void>> append(std::span<const NewMessage> messages,
                                 std::span<WrittenMessage> written) override;
  Awaitable<void> append_each(std::span<Append> appends) override;
  Awaitable<Result<ReadState>> read_stream(StreamCursor& cursor, MessageVisitor& visitor) override;
  Awaitable<Result<ReadState>> read_category(CategoryCursor& cursor,
                                             MessageVisitor& visitor) override;
  Awaitable<Result<bool>> read_last(std::string_view stream, std::string_view type,
                                    MessageVisitor& visitor) override;
  Awaitable<Result<std::optional<Position>>> stream_version(std::string_view stream) override;
  Awaitable<Result<NamespaceInfo>> info() override;
  Awaitable<Result<void>> list_streams(std::string_view prefix, std::string_view after,
                                       std::int64_t limit, StreamInfoVisitor& visitor) override;
  Awaitable<Result<void>> list_categories(CategoryInfoVisitor& visitor) override;
  Awaitable<Result<GlobalPosition>> head() override;
  void watch(HeadListener& listener) override;
  void unwatch(HeadListener& listener) override;

  // --- for the store; blocking, not for I/O threads ---
  const RegistryRow& row() const { return row_; }
  void set_token_hash(const TokenHash& hash);
  /// The exact number of messages; opens the namespace if only its log knows.
  Result<std::int64_t> count_messages();
  /// Fails what waits, waits for what runs, closes the files and ends the listeners. Returns the
  /// number of messages there were.
  std::int64_t mark_deleted();
  /// Closes the files if nothing uses or wants them now; opener threads only.
  bool close_if_idle();
  /// Whether it was used since the last call.
  bool take_touched() { return touched_.exchange(false, std::memory_order_relaxed); }
  /// For the end of the store: REQUIRES that every thread of the store has ended.
  void shut_down();

 private:
  static constexpr int kRebuildsMax = 3;
  static constexpr int kSyncTimeWeight = 8;  // an average that follows within some ten syncs

  friend class ReadTask;
  class OpenWaiter;
  enum class State : std::uint8_t { kClosed, kOpening, kOpen, kClosing, kDeleted };
  enum class IndexWork : std::uint8_t { kNone, kLater, kNow };
  // opening and closing (sqlite_namespace.cpp)
  Awaitable<Result<void>> ensure_open();
  void wait_for_open(OpenWaiter& waiter);
  void run_opener() noexcept;
  void open_files();
  void close_files(std::unique_ptr<OpenFiles> files);
  void start_opening_locked();
  void after_use_locked();
  void release_use();
  bool is_idle_locked() const { return users_ == 0 && !writer_scheduled_; }
  /// An index that is damaged again and again is not rebuilt for ever.
  bool may_rebuild() const { return rebuilds_ < kRebuildsMax; }
  void start_rebuild_locked(const Failure& failure);
  static void finish_waiters(OpenWaiter* first, const Result<void>& result);

  // appends (sqlite_append.cpp)
  static base::ThreadHop* enqueue(base::ThreadHop* chain);
  /// Whether they wait in the queue; if not, they have their outcome.
  bool enqueue_locked(PendingAppends& pending);
  void schedule_writer_locked();
  void run_writer() noexcept;
  void take_pending_locked(AppendBatch& batch);
  void requeue_locked(AppendBatch& batch);
  void fail_pending(const Error& error);
  bool waits_for_index_locked();
  // Those with a `lock` hold it before and after, and release it in between.
  /// Takes what waits, after the upkeep of the WAL; false: nothing, or not now.
  bool begin_batch(AppendBatch& batch, std::unique_lock<std::mutex>& lock);
  enum class Written : std::uint8_t {
    kInLog,     ///< the last of the unpublished; durable only behind a sync
    kNothing,   ///< every append has its outcome
    kRequeued,  ///< back in the queue, because the index must be rebuilt first
  };
  /// The end of a batch that cannot be written now; nothing: it is planned.
  std::optional<Written> plan_batch(AppendBatch& batch, OpenFiles& files,
                                    std::unique_lock<std::mutex>& lock);
  /// Into the queue again, unless the namespace is gone.
  Written put_back_locked(AppendBatch& batch);
  Written write_batch(AppendBatch& batch, OpenFiles& files, std::unique_lock<std::mutex>& lock);
  /// Listeners first: who has an answer finds its message announced. Not under the lock.
  void send_home(AppendBatch& batch, Written written) noexcept;
  /// Whether this thread, the writer or back from a sync, writes the next batch; if it was the
  /// writer and others wait for its thread, the namespace queues behind them.
  bool goes_on_writing_locked(bool is_writer);
  Result<void> insert_batch(AppendBatch& batch, OpenFiles& files);
  Result<void> note_dirty(OpenFiles& files);
  /// A sync costs as much for one append as for many, and so does the thread that it wakes: beside
  /// another one it pays off for as many appends, and where the disk is slow.
  bool may_write_beside_syncs_locked() const;
  std::size_t free_sync_locked() const { return is_syncing_[0] ? 1 : 0; }
  /// Ends with the batch published, or failed. Others may write meanwhile.
  void sync_batch(AppendBatch& batch, OpenFiles& files, std::unique_lock<std::mutex>& lock);
  /// The batch is durable, and so are those before it.
  void publish_up_to_locked(AppendBatch& newest, OpenFiles& files);
  void publish_locked(AppendBatch& batch, OpenFiles& files);
  /// Of the WAL. False: a checkpoint failed, and nothing may be written or rest on what was.
  bool keep_up(OpenFiles& files);
  void notify_listeners() noexcept;

  // indexing (sqlite_namespace.cpp)
  void schedule_index_locked();
  void run_index() noexcept;

  // reads (sqlite_read_task.cpp)
  Awaitable<Result<void>> perform(ReadTask& task);
  DbResult<std::unique_ptr<ReadFiles>> take_readers(OpenFiles& files);
  void give_back(OpenFiles& files, std::unique_ptr<ReadFiles> readers);

  StoreParts& parts_;
  RegistryRow row_;  // message_count and is_clean change, under mutex_; token_hash, under its own
  const NamespacePlace place_;
  std::atomic<bool> touched_{false};

  // What every request asks, without waiting for a writer that holds mutex_.
  mutable std::mutex token_mutex_;
  std::atomic<bool> is_deleted_{false};  // state_ is kDeleted

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // state_ or users_ changed; for the blocking functions
  State state_ = State::kClosed;
  bool rebuild_index_ = false;  // at the next opening
  int rebuilds_ = 0;
  bool opener_scheduled_ = false;
  bool writer_scheduled_ = false;  // or writing; not while it waits for a sync
  bool writer_waits_for_index_ = false;
  bool index_is_stuck_ = false;
  bool index_runs_ = false;  // one step at a time, whatever the queue says
  IndexWork index_work_ = IndexWork::kNone;
  int users_ = 0;  // reads, syncs and index steps that use files_
  PendingAppends* pending_first_ = nullptr;
  PendingAppends* pending_last_ = nullptr;
  std::size_t pending_count_ = 0;  // of appends
  std::size_t pending_bytes_ = 0;
  std::bitset<LogFile::kSyncsMax> is_syncing_;
  std::size_t syncing_appends_ = 0;
  std::chrono::steady_clock::duration sync_time_{};  // of late, on average
  OpenWaiter* waiters_ = nullptr;
  std::unique_ptr<OpenFiles>
      files_;                      // set while open; users, writer and indexer hold plain pointers
  std::string last_open_failure_;  // logged once, however often it is tried

  std::mutex listeners_mutex_;
  std::vector<HeadListener*> listeners_;

  MemberJob<SqliteNamespace, &SqliteNamespace::run_opener, Job> opener_job_{*this};
  MemberJob<SqliteNamespace, &SqliteNamespace::run_writer, Job> writer_job_{*this};
  MemberJob<SqliteNamespace, &SqliteNamespace::run_index, DelayedJob> index_job_{*this};
};

}  // namespace eventodb::store::sqlite
