#include "store/sqlite/sqlite_log_file.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "store/sqlite/sqlite_readers.hpp"
#include "support/fault_vfs.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// When log.db and its WAL are taken for what a crash left, and when for files that do not belong
// together. A false refusal would lose a user's data as surely as a wrong page.
namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

class SqliteLogFile : public ::testing::Test {
 protected:
  SqliteLogFile() { EXPECT_TRUE(LogFile::create(path(), log_id_, "test")); }

  std::string path() const { return directory_.path() + "/log.db"; }
  DbResult<void> open(LogFile& log) const { return log.open(path(), log_id_, "test", {}); }

  /// Commits `count` messages of 5,000 bytes.
  void write(LogFile& log, int count) {
    ASSERT_EQ(log.begin(), SQLITE_OK);
    const std::string data = "\"" + std::string(5000, 'x') + "\"";
    for (int i = 0; i < count; ++i) {
      ++written_;
      MessageView message;
      message.stream = "a-1";
      message.type = "T";
      message.data = data;
      message.position = Position{written_ - 1};
      message.global_position = GlobalPosition{written_};
      if (written_ == 1) {
        ASSERT_EQ(log.insert_stream(1, message.stream), SQLITE_OK);
      }
      ASSERT_EQ(log.insert_message(message, 1), SQLITE_OK);
    }
    ASSERT_EQ(log.commit(), SQLITE_OK);
  }

  /// The files as a SIGKILL now would leave them.
  std::map<std::string, std::string> snapshot() const {
    return {{"", contents(path())}, {"-wal", contents(path() + "-wal")}};
  }
  void lay_out(const std::map<std::string, std::string>& files) const {
    fs::remove(path() + "-shm");
    for (const auto& [suffix, content] : files) {
      std::ofstream(path() + suffix, std::ios::binary) << content;
    }
  }
  void expect_whole() const {
    LogFile log;
    const auto opened = open(log);
    ASSERT_TRUE(opened) << opened.error().text;
    LogScan scan;
    ASSERT_TRUE(scan.start(log, 0));
    MessageRow row;
    for (std::int64_t n = 1; n <= written_; ++n) {
      const auto found = scan.next(row);
      ASSERT_TRUE(found) << found.error().text;
      ASSERT_TRUE(*found);
      ASSERT_EQ(row.message.global_position.value, n);
    }
    ASSERT_FALSE(*scan.next(row));
  }
  std::string refusal() const {
    LogFile log;
    const auto opened = open(log);
    return opened ? "" : opened.error().text;
  }

  test::TemporaryDirectory directory_;
  LogId log_id_ = make_log_id();
  std::int64_t written_ = 0;
};

TEST_F(SqliteLogFile, KilledAtEveryKindOfMoment) {
  for (const int checkpoints : {0, 1, 2, 3}) {
    for (const bool written_after : {false, true}) {
      SCOPED_TRACE(checkpoints * 2 + (written_after ? 1 : 0));
      std::map<std::string, std::string> left;
      {
        LogFile log;
        ASSERT_TRUE(open(log));
        for (int i = 0; i < checkpoints; ++i) {
          write(log, 3);
          ASSERT_EQ(log.checkpoint(), SQLITE_OK);
        }
        if (written_after) write(log, 1);
        left = snapshot();
      }
      lay_out(left);
      expect_whole();
    }
  }
}

TEST_F(SqliteLogFile, ACheckpointThatAReaderHeldBack) {
  // The file has new pages at its end, but not the header that counts them.
  LogFile log;
  ASSERT_TRUE(open(log));
  write(log, 2);
  ASSERT_EQ(log.checkpoint(), SQLITE_OK);
  write(log, 40);
  LogReader reader;
  ASSERT_TRUE(reader.open(path(), log.seed()));
  ASSERT_EQ(reader.begin(), SQLITE_OK);
  MessageRow row;
  ASSERT_TRUE(reader.fetch(1, row));
  write(log, 40);
  const auto before = fs::file_size(path());
  ASSERT_EQ(log.checkpoint(), SQLITE_OK);
  ASSERT_GT(fs::file_size(path()), before);
  const auto left = snapshot();
  reader.end();
  log.close_without_checkpoint();
  lay_out(left);
  expect_whole();
}

TEST_F(SqliteLogFile, ClosedOnAFullDisk) {
  test::FaultVfs faults;
  // What is let through before the disk is full: nothing, the checkpoint's number, pages of it.
  for (int allowed = 0; allowed < 12; ++allowed) {
    SCOPED_TRACE(allowed);
    LogFile log;
    ASSERT_TRUE(open(log));
    write(log, 10);
    int left = allowed;
    faults.set_hook([&left](const test::FaultVfs::Event& event) {
      if (event.operation != test::FaultVfs::Operation::kWrite) return SQLITE_OK;
      return left-- > 0 ? SQLITE_OK : SQLITE_FULL;
    });
    ASSERT_EQ(log.checkpoint(), SQLITE_OK);
    log.close();
    faults.set_hook(nullptr);
    expect_whole();
  }
}

TEST_F(SqliteLogFile, ACheckpointThatAPowerCutTore) {
  LogFile log;
  ASSERT_TRUE(open(log));
  write(log, 20);
  const auto before = snapshot();
  ASSERT_EQ(log.checkpoint(), SQLITE_OK);
  auto after = snapshot();
  log.close_without_checkpoint();
  auto torn = after;
  torn[""].replace(0, 512, std::string(512, '\x5a'));
  for (const auto& left :
       {before, after, torn,
        // the first page alone, and all but the first page
        std::map<std::string, std::string>{
            {"", after[""].substr(0, 8192) + before.at("").substr(8192)}, {"-wal", after["-wal"]}},
        std::map<std::string, std::string>{
            {"", before.at("").substr(0, 8192) + after[""].substr(8192)},
            {"-wal", after["-wal"]}}}) {
    lay_out(left);
    expect_whole();
  }
}

TEST_F(SqliteLogFile, AFileUnderTheWalOfAnotherStateIsRefusedAndNothingIsHarmed) {
  LogFile log;
  ASSERT_TRUE(open(log));
  write(log, 3);
  ASSERT_EQ(log.checkpoint(), SQLITE_OK);
  const auto older = snapshot();
  write(log, 3);
  ASSERT_EQ(log.checkpoint(), SQLITE_OK);
  write(log, 3);
  const auto newer = snapshot();
  log.close_without_checkpoint();
  for (const auto& mixed :
       {std::map<std::string, std::string>{{"", older.at("")}, {"-wal", newer.at("-wal")}},
        std::map<std::string, std::string>{{"", newer.at("")}, {"-wal", older.at("-wal")}}}) {
    lay_out(mixed);
    for (int i = 0; i < 2; ++i) {
      EXPECT_NE(refusal().find("log.db: does not belong to its WAL"), std::string::npos);
      EXPECT_EQ(snapshot(), mixed) << "as it was, so that the right file can be put back";
    }
  }
  lay_out(newer);
  expect_whole();
}

TEST_F(SqliteLogFile, AnEmptyFileDoesNotCostItsWal) {
  LogFile log;
  ASSERT_TRUE(open(log));
  write(log, 3);
  const auto left = snapshot();
  log.close_without_checkpoint();
  for (const std::size_t size : {0, 99}) {
    lay_out({{"", left.at("").substr(0, size)}, {"-wal", left.at("-wal")}});
    EXPECT_NE(refusal().find("log.db: is too short"), std::string::npos);
    EXPECT_EQ(contents(path() + "-wal"), left.at("-wal"));
  }
  lay_out(left);
  expect_whole();
}

}  // namespace
}  // namespace eventodb::store::sqlite
