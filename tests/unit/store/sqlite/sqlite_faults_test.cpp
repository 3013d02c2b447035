#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "support/fault_vfs.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// A disk that is full, a sync that fails, an index that cannot be written.
namespace eventodb::store::sqlite {
namespace {

using Operation = test::FaultVfs::Operation;

class SqliteFaults : public SqliteTest {
 protected:
  ~SqliteFaults() override { close(); }

  static bool is_log(std::string_view path) { return path.find("/log.db") != path.npos; }
  static bool is_index(std::string_view path) { return path.find("/index.db") != path.npos; }

  void fill_disk(bool (*of)(std::string_view)) {
    faults_.set_hook([of](const test::FaultVfs::Event& event) {
      return event.operation == Operation::kWrite && of(event.path) ? SQLITE_FULL : SQLITE_OK;
    });
  }
  void empty_disk() { faults_.set_hook(nullptr); }

  test::FaultVfs faults_;
};

TEST_F(SqliteFaults, AFullDiskRefusesCleanlyAndPasses) {
  open();
  const Log log = create();
  write_numbered(log, 500);
  fill_disk(is_log);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(failure_of(log.append(event("full-1"))), ErrorCode::kBackendError);
  }
  EXPECT_TRUE(store().is_writable());
  EXPECT_EQ(log.read_all().messages.size(), 500U) << "reads go on";
  EXPECT_EQ(must(log.version("full-1")), std::nullopt);
  empty_disk();
  EXPECT_EQ(must(log.append(event("full-1"))),
            (WrittenMessage{.position = {0}, .global_position = {501}}));
  close();
  open();
  EXPECT_EQ(find().read_all().messages.size(), 501U);
}

TEST_F(SqliteFaults, AFullDiskInTheMiddleOfACommit) {
  open();
  const Log log = create();
  must(log.append(event("a-1")));
  const std::string large = "{\"d\":\"" + std::string(200'000, 'x') + "\"}";
  // One write more is let through each time: the disk is full at another place of the commit.
  for (int allowed = 0; allowed < 30; ++allowed) {
    std::atomic<int> left = allowed;
    faults_.set_hook([&left](const test::FaultVfs::Event& event) {
      if (event.operation != Operation::kWrite || !is_log(event.path)) return SQLITE_OK;
      return left-- > 0 ? SQLITE_OK : SQLITE_FULL;
    });
    EXPECT_EQ(failure_of(log.append(event("a-1", large))), ErrorCode::kBackendError);
    empty_disk();
    ASSERT_TRUE(store().is_writable());
    ASSERT_EQ(must(log.append(event("a-1"))).position.value, allowed + 1);
  }
  close();
  open();
  EXPECT_EQ(find().read_stream("a-1").messages.size(), 31U);
}

TEST_F(SqliteFaults, AFailedSyncEndsWriting) {
  open();
  const Log log = create();
  must(log.append(event("a-1")));
  std::atomic<bool> failed = false;
  faults_.set_hook([&failed](const test::FaultVfs::Event& event) {
    if (event.operation != Operation::kSync || !is_log(event.path)) return SQLITE_OK;
    return failed.exchange(true) ? SQLITE_OK : SQLITE_IOERR_FSYNC;  // once; then it seems to work
  });
  EXPECT_EQ(failure_of(log.append(event("a-1"))), ErrorCode::kBackendError);
  EXPECT_TRUE(failed);
  EXPECT_FALSE(store().is_writable());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(failure_of(log.append(event("b-1"))), ErrorCode::kReadOnly);
  }
  const NewNamespace other{.id = "other", .description = "", .metadata = "", .token_hash = {}};
  test::RunningIoThread io;
  EXPECT_EQ(failure_of(io.run(store().create_namespace(other))), ErrorCode::kReadOnly);
  EXPECT_EQ(log.read_all().messages.size(), 1U) << "what was acknowledged can still be read";
  close();
  empty_disk();
  open();  // the outcome of the failed one was unknown; both are right
  EXPECT_TRUE(store().is_writable());
  const auto count = find().read_stream("a-1").messages.size();
  EXPECT_TRUE(count == 1 || count == 2) << count;
  EXPECT_EQ(must(find().append(event("a-1"))).position.value, static_cast<std::int64_t>(count));
}

TEST_F(SqliteFaults, WhicheverSyncFailsNothingIsAcknowledgedAfterIt) {
  wanted_.checkpoint_pages = 20;  // syncs of checkpoints too
  for (int failing = 1; failing <= 40; failing += 3) {
    SCOPED_TRACE(failing);
    const std::string id = "n" + std::to_string(failing);
    open();
    const Log log = create(id);
    std::atomic<int> left = failing;
    faults_.set_hook([&left](const test::FaultVfs::Event& event) {
      if (event.operation != Operation::kSync || !is_log(event.path)) return SQLITE_OK;
      return --left == 0 ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    });
    std::size_t acknowledged = 0;
    while (acknowledged < 100 && failure_of(log.append(event("a-1"))) == ErrorCode::kCount) {
      EXPECT_GT(left, 0) << "acknowledged after the failed sync";
      ++acknowledged;
    }
    ASSERT_LE(left, 0);
    EXPECT_EQ(failure_of(log.append(event("a-1"))), ErrorCode::kReadOnly);
    EXPECT_FALSE(store().is_writable());
    close();
    empty_disk();
    open();
    const auto kept = find(id).read_stream("a-1").messages.size();
    EXPECT_TRUE(kept == acknowledged || kept == acknowledged + 1) << kept;
    close();
  }
}

TEST_F(SqliteFaults, WhatAKillLeftIsSyncedBeforeItAnswers) {
  run_and_kill([](SqliteTest& child) { must(child.create().append(event("a-1"))); });
  faults_.set_hook([](const test::FaultVfs::Event& event) {
    const bool is_wal = event.path.ends_with("/log.db-wal");
    return event.operation == Operation::kSync && is_wal ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  });
  open();
  EXPECT_EQ(failure_of(find().append(event("a-1"))), ErrorCode::kBackendError);
  empty_disk();
  EXPECT_EQ(failure_of(find().append(event("a-1"))), ErrorCode::kReadOnly)
      << "the system told of what it could not write, and does not tell again";
  EXPECT_FALSE(store().is_writable());
  EXPECT_EQ(find().read_stream("a-1").messages.size(), 1U);
  close();
  open();
  EXPECT_EQ(must(find().append(event("a-1"))).position.value, 1);
}

TEST_F(SqliteFaults, ACheckpointThatFailsWhenItClosesFilesEndsWritingToo) {
  wanted_.open_namespaces_max = 1;
  wanted_.index_delay = std::chrono::hours(1);  // nobody uses the files in the background
  open();
  must(create("one").append(event("a-1")));
  faults_.set_hook([](const test::FaultVfs::Event& event) {
    const bool is_file = event.path.ends_with("-one/log.db");
    return event.operation == Operation::kWrite && is_file ? SQLITE_IOERR_WRITE : SQLITE_OK;
  });
  // To open files of others those of the first one are closed, once the thread that wrote is done.
  ErrorCode last = ErrorCode::kCount;
  for (int i = 0; i < 1000 && store().is_writable(); ++i) {
    last = failure_of(create("other" + std::to_string(i)).append(event("a-1")));
  }
  EXPECT_FALSE(store().is_writable());
  EXPECT_EQ(last, ErrorCode::kReadOnly);
  EXPECT_EQ(find("one").read_stream("a-1").messages.size(), 1U);
  close();
  empty_disk();
  open();
  EXPECT_EQ(must(find("one").append(event("a-1"))).position.value, 1);
}

TEST_F(SqliteFaults, ANamespaceThatTheRegistryCannotTakeLeavesNoFiles) {
  open();
  create("one");
  const auto directories = [this] {
    const std::filesystem::directory_iterator all(files("one").parent_path());
    return std::distance(begin(all), end(all));
  };
  fill_disk(
      [](std::string_view path) { return path.find("metadata.db") != path.npos && !is_log(path); });
  test::RunningIoThread io;
  const NewNamespace two{.id = "two", .description = "", .metadata = "", .token_hash = {}};
  EXPECT_EQ(failure_of(io.run(store().create_namespace(two))), ErrorCode::kBackendError);
  EXPECT_EQ(directories(), 1);
  empty_disk();
  must(create("two").append(event("a-1")));
  EXPECT_EQ(directories(), 2);
}

TEST_F(SqliteFaults, ARetryAfterAFailedSyncTellsTheOutcome) {
  open();
  Log log = create();
  faults_.set_hook([](const test::FaultVfs::Event& event) {
    return event.operation == Operation::kSync && is_log(event.path) ? SQLITE_IOERR_FSYNC
                                                                     : SQLITE_OK;
  });
  NewMessage message = event("a-1");
  message.id = contract::id_number(7);
  EXPECT_EQ(failure_of(log.append(message)), ErrorCode::kBackendError);
  log.release();
  close();
  empty_disk();
  open();
  EXPECT_EQ(must(find().append(message)),
            (WrittenMessage{.position = {0}, .global_position = {1}}));
  EXPECT_EQ(find().read_stream("a-1").messages.size(), 1U);
}

TEST_F(SqliteFaults, AnyFailedWriteOfTheCommitRecordEndsWriting) {
  open();
  const Log log = create();
  must(log.append(event("a-1")));
  faults_.set_hook([](const test::FaultVfs::Event& event) {
    return event.operation == Operation::kWrite && is_log(event.path) ? SQLITE_IOERR_WRITE
                                                                      : SQLITE_OK;
  });
  EXPECT_EQ(failure_of(log.append(event("a-1"))), ErrorCode::kBackendError);
  EXPECT_FALSE(store().is_writable());
}

TEST_F(SqliteFaults, AnIndexThatCannotBeWrittenStopsWritersOnlyWhenTheTailIsFull) {
  open();
  const Log log = create();
  must(log.append(event("small-1")));
  fill_disk(is_index);
  const std::string data = "{\"d\":\"" + std::string(1'000'000, 'x') + "\"}";
  int stored = 0;
  while (failure_of(log.append(event("big-1", data))) == ErrorCode::kCount) {
    ASSERT_LT(++stored, 100) << "the tail is bounded";
  }
  EXPECT_GE(stored, 10);
  EXPECT_TRUE(store().is_writable());
  EXPECT_EQ(log.read_stream("big-1").messages.size(), static_cast<std::size_t>(stored));
  empty_disk();
  while (failure_of(log.append(event("small-1"))) != ErrorCode::kCount) {
    std::this_thread::yield();  // until the indexer has tried again
  }
  EXPECT_EQ(must(log.info()).message_count, stored + 2);
}

TEST_F(SqliteFaults, WithDurabilityDiskEveryAcknowledgedCommitWasSynced) {
  open();
  const Log log = create();
  std::atomic<bool> is_synced = true;
  faults_.set_hook([&is_synced](const test::FaultVfs::Event& event) {
    if (!is_log(event.path)) return SQLITE_OK;
    const bool is_room = event.bytes.find_first_not_of('\0') == event.bytes.npos;
    if (event.operation == Operation::kWrite && !is_room) is_synced = false;
    if (event.operation == Operation::kSync) is_synced = true;
    return SQLITE_OK;
  });
  for (int i = 0; i < 50; ++i) {
    must(log.append(event("a-1")));
    ASSERT_TRUE(is_synced);
  }
}

TEST_F(SqliteFaults, NoRoomForAWalToStayAheadStopsNothing) {
  open();
  const Log log = create();
  std::atomic<int> refused = 0;
  faults_.set_hook([&](const test::FaultVfs::Event& event) {
    const bool is_room = event.bytes.find_first_not_of('\0') == event.bytes.npos;
    if (event.operation != Operation::kWrite || !is_log(event.path) || !is_room) return SQLITE_OK;
    ++refused;
    return SQLITE_FULL;
  });
  for (int i = 0; i < 200; ++i) must(log.append(event("a-1")));
  EXPECT_GT(refused, 1) << "it is tried again";
  EXPECT_TRUE(store().is_writable());
}

TEST_F(SqliteFaults, TheWalStaysLongerThanWhatIsWrittenToIt) {
  open();
  const Log log = create();
  must(log.append(event("a-1")));
  const std::string wal = log_file().string() + "-wal";
  std::uintmax_t longer = 0;  // commits that made the file longer
  for (int i = 0; i < 400; ++i) {
    const auto before = std::filesystem::file_size(wal);
    std::int64_t end = 0;  // of what this commit writes
    faults_.set_hook([&](const test::FaultVfs::Event& event) {
      const bool is_room = event.bytes.find_first_not_of('\0') == event.bytes.npos;
      if (event.operation == Operation::kWrite && event.path.ends_with("log.db-wal") && !is_room) {
        end = std::max(end, event.offset + static_cast<std::int64_t>(event.bytes.size()));
      }
      return SQLITE_OK;
    });
    must(log.append(event("a-1")));
    faults_.set_hook(nullptr);
    if (std::cmp_greater(end, before)) ++longer;
  }
  EXPECT_GT(longer, 0U) << "a WAL of few commits is left as small as it is";
  EXPECT_LT(longer, 40U);
}

TEST_F(SqliteFaults, ReadsChangeNoFile) {
  // The WAL of SQLite before 3.51.3 can be corrupted by two connections that write or checkpoint,
  // so readers must do neither, not even when they are closed.
  open();
  write_numbered(create(), 5000);
  close();
  open();
  must(find().head());  // opened, nothing to index
  std::atomic<int> changes = 0;
  faults_.set_hook([&changes](const test::FaultVfs::Event& event) {
    // The last connection removes its empty WAL.
    if (event.operation != Operation::kDelete) ++changes;
    return SQLITE_OK;
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(find().read_all().messages.size(), 5000U);
    must(find().streams());
    must(find().categories());
  }
  close();
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace eventodb::store::sqlite
