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
  explicit HeldSyncs(test::FaultVfs& faults) {
    faults.set_gate([this](const test::FaultVfs::Event& event) {
      if (is_sync_of_a_log(event)) hold();
      if (event.operation == Operation::kWrite && event.path.ends_with("-test/log.db-wal"))
        note_write();
    });
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

class SqliteSync : public SqliteTest {
 protected:
  SqliteSync() { wanted_.slow_sync = std::chrono::microseconds(0); }
  ~SqliteSync() override {
    syncs_.release_all();
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

  static NewMessage with_version(std::int64_t version) {
    NewMessage message = event("a-1");
    message.expected_version = ExpectedVersion(version);
    return message;
  }

  test::FaultVfs faults_;
  HeldSyncs syncs_{faults_};
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
  NewMessage message = event("a-1");
  message.id = contract::id_number(7);
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
