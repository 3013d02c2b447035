#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "support/fault_vfs.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// A batch that is written while the one before it waits for its sync.
namespace eventodb::store::sqlite {
namespace {

using Operation = test::FaultVfs::Operation;

/// Of the namespace "test".
bool is_sync_of_a_log(const test::FaultVfs::Event& event) {
  return event.operation == Operation::kSync && event.path.ends_with("-test/log.db-wal");
}

/// From start() on, holds every sync of a log's WAL until it is released. They count from 0, in the
/// order in which they come.
class HeldSyncs {
 public:
  void see(const test::FaultVfs::Event& event) {
    if (is_sync_of_a_log(event)) hold();
    if (event.operation == Operation::kWrite && event.path.ends_with("-test/log.db-wal"))
      note_write();
  }

  void start() {
    const std::lock_guard lock(mutex_);
    holds_ = true;
  }
  /// Until so many syncs have come in all.
  void await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return released_.size() >= count; });
  }
  void release(std::size_t number) {
    const std::lock_guard lock(mutex_);
    released_.at(number) = true;
    changed_.notify_all();
  }
  void release_all() {
    const std::lock_guard lock(mutex_);
    holds_ = false;
    changed_.notify_all();
  }
  /// Whether a log was written while a sync was held.
  bool saw_a_write_beside() {
    const std::lock_guard lock(mutex_);
    return write_beside_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return released_.size();
  }

 private:
  void hold() {
    std::unique_lock lock(mutex_);
    if (!holds_) return;
    const std::size_t number = released_.size();
    released_.push_back(false);
    changed_.notify_all();
    ++held_;
    changed_.wait(lock, [this, number] { return !holds_ || released_[number]; });
    --held_;
  }
  void note_write() {
    const std::lock_guard lock(mutex_);
    write_beside_ = write_beside_ || held_ != 0;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> released_;
  int held_ = 0;
  bool write_beside_ = false;
  bool holds_ = false;
};

/// Holds the next read of the index of the namespace "test", and the thread that reads.
class HeldRead {
 public:
  void see(const test::FaultVfs::Event& event) {
    const bool is_index =
        event.path.find("-test/index.db") != std::string_view::npos;  // or its WAL
    if (event.operation != Operation::kRead || !is_index) return;
    std::unique_lock lock(mutex_);
    if (state_ != State::kArmed) return;
    state_ = State::kHeld;
    changed_.notify_all();
    changed_.wait(lock, [this] { return state_ == State::kPasses; });
  }
  void arm() { set(State::kArmed); }
  void await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ == State::kHeld; });
  }
  void release() { set(State::kPasses); }

 private:
  enum class State : std::uint8_t { kPasses, kArmed, kHeld };
  void set(State state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kPasses;
};

/// While it lives, waits for a line of the program's log.
class AwaitedLine {
 public:
  explicit AwaitedLine(std::string part) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<Sink>(std::move(part), came_)));
  }
  ~AwaitedLine() { spdlog::set_default_logger(previous_); }
  AwaitedLine(const AwaitedLine&) = delete;
  AwaitedLine& operator=(const AwaitedLine&) = delete;

  void await() { came_.get_future().wait(); }

 private:
  class Sink final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    Sink(std::string part, std::promise<void>& came) : part_(std::move(part)), came_(came) {}

   private:
    void sink_it_(const spdlog::details::log_msg& line) override {
      const std::string_view text(line.payload.data(), line.payload.size());
      if (has_come_ || text.find(part_) == std::string_view::npos) return;
      has_come_ = true;
      came_.set_value();
    }
    void flush_() override {}

    const std::string part_;
    std::promise<void>& came_;
    bool has_come_ = false;
  };

  std::promise<void> came_;
  const std::shared_ptr<spdlog::logger> previous_ = spdlog::default_logger();
};

class SqliteSync : public SqliteTest {
 protected:
  SqliteSync() {
    wanted_.slow_sync = std::chrono::microseconds(0);
    faults_.set_gate([this](const test::FaultVfs::Event& event) {
      syncs_.see(event);
      index_read_.see(event);
    });
  }
  ~SqliteSync() override {
    syncs_.release_all();
    index_read_.release();
    close();
  }

  struct Started {
    std::unique_ptr<NewMessage> message;
    std::unique_ptr<WrittenMessage> written = std::make_unique<WrittenMessage>();
    std::future<Result<void>> done;
  };

  /// The namespace with one message, so that its files are open; its syncs are held from now on.
  Log begin() {
    open();
    const Log log = create();
    must(log.append(event("first-1")));
    syncs_.start();
    return log;
  }

  /// The same with a stream "old-1" in the index alone, which says of "damaged-1" what is not so
  /// and is used by nobody in the background.
  Log begin_with_damage() {
    wanted_.index_delay = std::chrono::hours(1);
    open();
    must(create().append({event("old-1"), event("damaged-1")}));
    close();
    open();
    const Log log = find();
    must(log.append(event("first-1")));  // opens the files
    damage_index("damaged-1");
    syncs_.start();
    return log;
  }

  /// The index says of one stream what is not so.
  void damage_index(const std::string& stream) {
    const std::string sql =
        "UPDATE streams SET version=version+1 WHERE name=CAST('" + stream + "' AS BLOB)";
    sqlite3* index = nullptr;
    ASSERT_EQ(sqlite3_open(index_file().c_str(), &index), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(index, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_changes(index), 1);
    ASSERT_EQ(sqlite3_close(index), SQLITE_OK);
  }

  Started start(const Log& log, const NewMessage& message) {
    Started started{.message = std::make_unique<NewMessage>(message), .done = {}};
    started.done =
        io_.start(log.ns().append({started.message.get(), 1}, {started.written.get(), 1}));
    return started;
  }

  void fail_syncs() {
    faults_.set_hook([](const test::FaultVfs::Event& event) {
      return is_sync_of_a_log(event) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    });
  }

  /// A read that meets the damage of begin_with_damage().
  struct DamagedRead {
    AwaitedLine line{"the index is rebuilt from the log"};  // also while others may still log
    test::MessageCollector found;
    StreamCursor cursor{.stream = "damaged-1", .next = {0}, .remaining = -1};
    std::future<Result<ReadState>> done;
  };
  /// Returns when the rebuild has begun.
  void begin_rebuild(const Log& log, DamagedRead& read) {
    read.done = io_.start(log.ns().read_stream(read.cursor, read.found));
    read.line.await();
  }

  static NewMessage with_id() {
    NewMessage message = event("a-1");
    message.id = contract::id_number(7);
    return message;
  }
  static NewMessage with_version(std::int64_t version) {
    NewMessage message = event("a-1");
    message.expected_version = ExpectedVersion(version);
    return message;
  }

  HeldSyncs syncs_;
  HeldRead index_read_;
  test::FaultVfs faults_;
  test::RunningIoThread io_;
};

TEST_F(SqliteSync, TheNextBatchIsWrittenMeanwhile) {
  const Log log = begin();
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  Started second = start(log, with_version(0));  // decided by what is not durable yet
  syncs_.await(2);
  EXPECT_EQ(must(log.version("a-1")), std::nullopt) << "seen before it was durable";
  EXPECT_EQ(log.read_all().messages.size(), 1U);
  syncs_.release(1);  // began behind the first and covers it
  EXPECT_TRUE(second.done.get());
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 2U);
  syncs_.release_all();
  EXPECT_TRUE(first.done.get());
  EXPECT_EQ(first.written->global_position.value, 2);
  EXPECT_EQ(second.written->global_position.value, 3);
  close();
  open();
  EXPECT_EQ(find().read_stream("a-1").messages.size(), 2U);
}

TEST_F(SqliteSync, OnAFastDiskTheNextBatchWaits) {
  wanted_.slow_sync = std::chrono::hours(1);
  const Log log = begin();
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  Started second = start(log, with_version(0));
  EXPECT_EQ(must(io_.run(log.ns().stream_version("a-1"))), std::nullopt);  // started behind it
  EXPECT_EQ(syncs_.count(), 1U);
  syncs_.release_all();
  EXPECT_TRUE(first.done.get());
  EXPECT_TRUE(second.done.get());
  EXPECT_FALSE(syncs_.saw_a_write_beside());
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 2U);
}

TEST_F(SqliteSync, WhatRestsOnAnUnsyncedBatchWaitsForIt) {
  const Log log = begin();
  const NewMessage message = with_id();
  Started first = start(log, message);
  syncs_.await(1);
  Started retry = start(log, message);
  syncs_.await(2);  // nothing to write, but it may not be told before it is durable
  syncs_.release(0);
  EXPECT_TRUE(first.done.get());
  syncs_.release(1);
  EXPECT_TRUE(retry.done.get());
  EXPECT_EQ(*retry.written, *first.written);

  Started third = start(log, with_version(0));
  syncs_.await(3);
  Started conflict = start(log, with_version(0));
  syncs_.await(4);
  syncs_.release_all();
  EXPECT_TRUE(third.done.get());
  EXPECT_EQ(failure_of(conflict.done.get()), ErrorCode::kVersionConflict);
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 2U);
}

TEST_F(SqliteSync, AFailedSyncFailsTheBatchBehindItToo) {
  const Log log = begin();
  std::atomic<int> syncs_seen = 0;
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  Started second = start(log, with_version(0));
  syncs_.await(2);
  faults_.set_hook([&syncs_seen](const test::FaultVfs::Event& event) {
    if (!is_sync_of_a_log(event)) return SQLITE_OK;
    return syncs_seen++ == 0 ? SQLITE_IOERR_FSYNC : SQLITE_OK;  // the second seems to work
  });
  syncs_.release(0);
  EXPECT_EQ(failure_of(first.done.get()), ErrorCode::kBackendError);
  EXPECT_FALSE(store().is_writable());
  syncs_.release_all();
  EXPECT_EQ(failure_of(second.done.get()), ErrorCode::kBackendError);
  EXPECT_EQ(syncs_seen, 2);
  EXPECT_EQ(must(log.version("a-1")), std::nullopt);
  EXPECT_EQ(failure_of(log.append(event("b-1"))), ErrorCode::kReadOnly);
  EXPECT_EQ(syncs_seen, 2) << "nothing is written after a failed sync";
  close();
  faults_.set_hook(nullptr);
  open();
  const auto kept = find().read_stream("a-1").messages.size();
  EXPECT_LE(kept, 2U);
  EXPECT_EQ(must(find().append(event("a-1"))).position.value, static_cast<std::int64_t>(kept));
}

TEST_F(SqliteSync, WhatALaterSyncCoveredIsStoredThoughItsOwnFailed) {
  const Log log = begin();
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  Started second = start(log, with_version(0));
  syncs_.await(2);
  syncs_.release(1);
  EXPECT_TRUE(second.done.get());
  fail_syncs();
  syncs_.release_all();
  EXPECT_TRUE(first.done.get());
  EXPECT_FALSE(store().is_writable());
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 2U);
  close();
  faults_.set_hook(nullptr);
}

TEST_F(SqliteSync, NothingRestsOnABatchWhoseSyncFailed) {
  const Log log = begin();
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  Started second = start(log, with_version(0));
  syncs_.await(2);
  Started conflict = start(log, with_version(-1));  // waits for one of them to end
  must(io_.run(log.ns().stream_version("a-1")));    // started behind them
  fail_syncs();
  syncs_.release_all();
  EXPECT_EQ(failure_of(first.done.get()), ErrorCode::kBackendError);
  EXPECT_EQ(failure_of(second.done.get()), ErrorCode::kBackendError);
  EXPECT_EQ(failure_of(conflict.done.get()), ErrorCode::kReadOnly);
  close();
  faults_.set_hook(nullptr);
}

TEST_F(SqliteSync, FewerAppendsThanAreSyncedWaitForMore) {
  const Log log = begin();
  const NewMessage message = event("a-1");
  std::vector<WrittenMessage> written(3);
  std::vector<Append> appends;
  for (WrittenMessage& each : written) appends.push_back({{&message, 1}, {&each, 1}});
  std::future<void> together = io_.start(log.ns().append_each(appends));
  syncs_.await(1);
  std::vector<Started> behind;
  for (int i = 0; i < 3; ++i) {
    behind.push_back(start(log, event("b-1")));
    if (i < 2) create("other" + std::to_string(i));  // time to begin a sync too early
  }
  syncs_.await(2);
  std::vector<Started> last;  // no third sync at once: they wait until one of the two has ended
  for (int i = 0; i < 20; ++i) last.push_back(start(log, event("c-1")));
  must(io_.run(log.ns().stream_version("c-1")));  // started behind them
  EXPECT_EQ(syncs_.count(), 2U);
  syncs_.release_all();
  together.get();
  for (Started& each : behind) EXPECT_TRUE(each.done.get());
  const auto b = log.read_stream("b-1").messages;
  ASSERT_EQ(b.size(), 3U);
  EXPECT_EQ(b.front().time, b.back().time) << "one batch has one time";
  for (Started& each : last) EXPECT_TRUE(each.done.get());
  EXPECT_EQ(log.read_all().messages.size(), 27U);
}

TEST_F(SqliteSync, AFullDiskBehindASyncTakesNothingWithIt) {
  const Log log = begin();
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  faults_.set_hook([](const test::FaultVfs::Event& event) {
    return event.operation == Operation::kWrite ? SQLITE_FULL : SQLITE_OK;
  });
  Started refused = start(log, with_version(0));
  EXPECT_EQ(failure_of(refused.done.get()), ErrorCode::kBackendError);
  faults_.set_hook(nullptr);
  Started second = start(log, with_version(0));
  syncs_.await(2);
  syncs_.release_all();
  EXPECT_TRUE(first.done.get());
  EXPECT_TRUE(second.done.get());
  EXPECT_TRUE(store().is_writable());
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 2U);
}

TEST_F(SqliteSync, ABatchThatIsPlannedWhileARebuildBeginsIsPlannedAnew) {
  const Log log = begin_with_damage();
  const NewMessage repeated = with_id();
  Started first = start(log, repeated);
  syncs_.await(1);
  index_read_.arm();
  const NewMessage old = event("old-1");  // whose version only the index has
  std::vector<WrittenMessage> written(2);
  std::vector<Append> appends{{{&old, 1}, {&written[0], 1}}, {{&repeated, 1}, {&written[1], 1}}};
  std::future<void> second = io_.start(log.ns().append_each(appends));
  index_read_.await();  // the second batch is being planned, and has not got to the retry
  DamagedRead damaged;
  begin_rebuild(log, damaged);
  syncs_.release_all();
  EXPECT_TRUE(first.done.get());  // is in no tail
  index_read_.release();
  second.get();
  EXPECT_TRUE(appends[0].outcome);
  EXPECT_TRUE(appends[1].outcome);
  EXPECT_EQ(written[1], *first.written);
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 1U);
  EXPECT_EQ(must(damaged.done.get()), ReadState::kDone);
  EXPECT_EQ(damaged.found.found.size(), 1U);
}

TEST_F(SqliteSync, ARetryBehindARebuildIsNotAnsweredByWhatAFailedSyncLeft) {
  const Log log = begin_with_damage();
  const NewMessage repeated = with_id();
  Started first = start(log, repeated);
  syncs_.await(1);
  DamagedRead damaged;
  begin_rebuild(log, damaged);
  Started retry = start(log, repeated);           // waits for the files to be opened anew
  must(io_.run(store().find_namespace("test")));  // started behind it
  std::atomic<bool> failed = false;
  faults_.set_hook([&failed](const test::FaultVfs::Event& event) {
    if (!is_sync_of_a_log(event)) return SQLITE_OK;
    return failed.exchange(true) ? SQLITE_OK : SQLITE_IOERR_FSYNC;  // the system tells once
  });
  syncs_.release_all();
  EXPECT_EQ(failure_of(first.done.get()), ErrorCode::kBackendError);
  EXPECT_EQ(failure_of(retry.done.get()), ErrorCode::kReadOnly);
  EXPECT_EQ(must(damaged.done.get()), ReadState::kDone);
  close();
  faults_.set_hook(nullptr);
}

TEST_F(SqliteSync, OneThreadAtATimeTriesToOpenWhatCannotBeOpened) {
  open();
  must(create().append(event("a-1")));
  close();
  overwrite(log_file(), 0, "This is no log.");
  std::atomic<int> openers = 0;
  std::atomic<int> most_openers = 0;
  faults_.set_gate([&](const test::FaultVfs::Event& event) {
    if (event.operation != Operation::kRead || !event.path.ends_with("-test/log.db")) return;
    const int now = ++openers;
    most_openers = std::max(most_openers.load(), now);
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    --openers;
  });
  open();
  const Log log = find();
  // Whoever has just been refused asks again at once.
  const auto ask = [](Namespace& ns) -> Awaitable<int> {
    int refused = 0;
    for (int i = 0; i < 1000; ++i) refused += (co_await ns.head()).has_error() ? 1 : 0;
    co_return refused;
  };
  test::RunningIoThread second_io;
  std::future<int> first = io_.start(ask(log.ns()));
  std::future<int> second = second_io.start(ask(log.ns()));
  EXPECT_EQ(first.get(), 1000);
  EXPECT_EQ(second.get(), 1000);
  EXPECT_EQ(most_openers, 1);
}

TEST_F(SqliteSync, ADeletionWaitsForTheSyncs) {
  const Log log = begin();
  Started first = start(log, with_version(-1));
  syncs_.await(1);
  Started second = start(log, with_version(0));
  syncs_.await(2);
  std::future<Result<DeletedNamespace>> deleted =
      std::async(std::launch::async, [this] { return remove("test"); });
  while (!log.ns().is_deleted()) std::this_thread::yield();
  syncs_.release_all();
  EXPECT_TRUE(first.done.get());
  EXPECT_TRUE(second.done.get());
  EXPECT_EQ(must(deleted.get()).messages_deleted, 3);
}

}  // namespace
}  // namespace eventodb::store::sqlite
