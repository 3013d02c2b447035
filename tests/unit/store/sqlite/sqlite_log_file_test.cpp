#include "store/sqlite/sqlite_log_file.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

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
    std::vector<LogMessage> messages;
    for (int i = 0; i < count; ++i) {
      ++written_;
      MessageView message;
      message.stream = "a-1";
      message.type = "T";
      message.data = data;
      message.position = Position{written_ - 1};
      message.global_position = GlobalPosition{written_};
      messages.push_back({.view = message, .stream_id = 1, .is_new_stream = written_ == 1});
    }
    ASSERT_EQ(log.insert(messages), SQLITE_OK);
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

TEST_F(SqliteLogFile, StoresEveryFieldOfAllMessagesOfACommit) {
  LogFile log;
  ASSERT_TRUE(open(log));
  std::vector<std::string> names;
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    names.push_back("a-" + std::to_string(i / 3));
    texts.push_back("\"" + std::string(static_cast<std::size_t>(i) * 97, 'x') + "\"");
  }
  std::vector<LogMessage> messages;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    MessageView view;
    view.stream = names[i];
    view.type = i % 2 == 0 ? "Even" : "";
    view.data = texts[i];
    if (i % 5 != 0) view.metadata = texts[texts.size() - 1 - i];
    view.position = Position{static_cast<std::int64_t>(i % 3)};
    view.global_position = GlobalPosition{static_cast<std::int64_t>(i) + 1};
    view.id.bytes.fill(static_cast<std::uint8_t>(i));
    view.time = Timestamp{static_cast<std::int64_t>(i) * 1'000'003};
    messages.push_back({view, static_cast<std::int64_t>(i / 3) + 1, i % 3 == 0});
  }
  const auto all = std::span<const LogMessage>(messages);
  for (const auto part : {all.first(1), all.subspan(1, 2), all.subspan(3)}) {
    ASSERT_EQ(log.begin(), SQLITE_OK);
    ASSERT_EQ(log.insert(part), SQLITE_OK);
    ASSERT_EQ(log.commit(), SQLITE_OK);
  }
  LogScan scan;
  ASSERT_TRUE(scan.start(log, 0));
  MessageRow row;
  for (const LogMessage& message : messages) {
    const auto found = scan.next(row);
    ASSERT_TRUE(found) << found.error().text;
    ASSERT_TRUE(*found);
    EXPECT_EQ(row.stream_id, message.stream_id);
    EXPECT_EQ(row.message.stream, message.view.stream);
    EXPECT_EQ(row.message.type, message.view.type);
    EXPECT_EQ(row.message.data, message.view.data);
    EXPECT_EQ(row.message.metadata, message.view.metadata);
    EXPECT_EQ(row.message.position, message.view.position);
    EXPECT_EQ(row.message.global_position, message.view.global_position);
    EXPECT_EQ(row.message.id, message.view.id);
    EXPECT_EQ(row.message.time, message.view.time);
  }
  EXPECT_FALSE(*scan.next(row));
}

TEST_F(SqliteLogFile, MessagesThatLeaveAGapAreRefused) {
  LogFile log;
  ASSERT_TRUE(open(log));
  write(log, 2);
  MessageView view;
  view.stream = "a-1";
  view.type = "T";
  view.data = "1";
  for (const std::int64_t global : {2, 4}) {  // there already, and one too far
    SCOPED_TRACE(global);
    view.global_position = GlobalPosition{global};
    const LogMessage message{view, 1, false};
    ASSERT_EQ(log.begin(), SQLITE_OK);
    EXPECT_EQ(log.insert({&message, 1}), SQLITE_CORRUPT);
    log.rollback();
  }
  write(log, 1);
  log.close();
  expect_whole();
}

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
