#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <chrono>
#include <sstream>

#include "unit/store/sqlite/sqlite_fixture.hpp"

// Retries by id of messages that only the files have.
namespace eventodb::store::sqlite {
namespace {

class SqliteIds : public SqliteTest {
 protected:
  static constexpr int kBatches = 12;
  static constexpr std::uint64_t kBatchIds = 400;

  static std::vector<NewMessage> batch(int number) {
    std::vector<NewMessage> messages;
    for (std::uint64_t i = 0; i < kBatchIds; ++i) {
      NewMessage message = event("a-1");
      const std::uint64_t serial = static_cast<std::uint64_t>(number) * kBatchIds + i;
      message.id = contract::id_number(serial * 0x9e3779b97f4a7c15);
      messages.push_back(message);
    }
    return messages;
  }

  /// One batch in every life of the store, so that its ids come from several segments.
  void write() {
    for (int i = 0; i < kBatches; ++i) {
      open();
      const Log log = i == 0 ? create() : find();
      const auto written = must(log.append(batch(i)));
      ASSERT_EQ(written.front().global_position.value,
                1 + i * static_cast<std::int64_t>(kBatchIds));
      close();
    }
  }

  void expect_repeats(std::int64_t count) {
    for (int i = 0; i < kBatches; ++i) {
      const auto again = must(find().append(batch(i)));
      for (std::size_t n = 0; n < again.size(); ++n) {
        ASSERT_EQ(again[n].global_position.value,
                  1 + i * static_cast<std::int64_t>(kBatchIds) + static_cast<std::int64_t>(n));
      }
    }
    ASSERT_EQ(must(find().head()).value, count);
  }

  /// Changes index.db as no program of ours does.
  void change_index(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(index_file().c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    EXPECT_EQ(sqlite3_close(handle), SQLITE_OK);
  }
  /// Opens the store and asks for everything; returns what was logged.
  std::string log_of_retries(std::int64_t count = kBatches * kBatchIds) {
    std::ostringstream text;
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
    const auto previous = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
    open();
    expect_repeats(count);
    close();
    spdlog::set_default_logger(previous);
    return text.str();
  }
};

TEST_F(SqliteIds, OfEverySegmentAreFoundAgain) {
  write();
  EXPECT_EQ(log_of_retries(), "");
}

TEST_F(SqliteIds, AreFoundWhateverPageOfThemIsDamaged) {
  write();
  // Each time the index is rebuilt, into other pages: until there is none with this number.
  for (int page = 1; page < 40; ++page) {
    change_index("UPDATE id_pages SET ids=zeroblob(length(ids)) WHERE page=" +
                 std::to_string(page));
    const std::string log = log_of_retries();
    if (log.empty()) {
      EXPECT_GT(page, 10) << "an unused page at the earliest";
      break;
    }
    EXPECT_NE(log.find("the index is rebuilt from the log"), std::string::npos) << log;
    EXPECT_EQ(log_of_retries(), "");
  }
  for (const std::string table : {"id_parts", "id_segments"}) {
    change_index("DELETE FROM " + table + " WHERE segment_id=(SELECT max(segment_id) FROM " +
                 table + ")");
    EXPECT_NE(log_of_retries().find("it is rebuilt from the log"), std::string::npos);
    EXPECT_EQ(log_of_retries(), "");
  }
}

TEST_F(SqliteIds, DamageThatCatchingUpMeetsLeadsToARebuildToo) {
  constexpr int kMore = 6;
  write();
  wanted_.index_delay = std::chrono::hours(1);
  run_and_kill([](SqliteTest& test) {
    const Log log = test.find();
    for (int i = 0; i < kMore; ++i) must(log.append(std::vector<NewMessage>(400, event("b-1"))));
  });
  change_index("UPDATE id_pages SET ids=zeroblob(length(ids))");
  wanted_.tail_messages_max = 1000;  // so that steps, and a merge in one of them, come with opening
  const std::string log = log_of_retries(kBatches * kBatchIds + kMore * 400);
  EXPECT_NE(log.find("the index is rebuilt from the log"), std::string::npos) << log;
}

TEST_F(SqliteIds, AnIndexOfAnotherVersionIsRebuiltAndTheLogSaysSo) {
  write();
  for (const std::string change : {"UPDATE state SET version=2",
                                   "UPDATE state SET version=1; ALTER TABLE state DROP COLUMN "
                                   "base_pages; DROP TABLE id_pages"}) {
    change_index(change);
    EXPECT_NE(log_of_retries().find("has another version; it is rebuilt from the log"),
              std::string::npos);
    EXPECT_EQ(log_of_retries(), "");
  }
}

}  // namespace
}  // namespace eventodb::store::sqlite
