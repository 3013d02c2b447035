#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "store/sqlite/sqlite_open_files.hpp"
#include "store/sqlite/sqlite_pair_page.hpp"
#include "store/sqlite/sqlite_registry.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// What the store finds when it is opened: an index in every wrong state, a log in every wrong
// state.
namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr int kCount = 4000;

class SqliteRecovery : public SqliteTest {
 protected:
  /// A store that was closed in order.
  void make_closed(int count = kCount) {
    open();
    write_numbered(create(), count);
    close();
  }
  /// A store whose process was killed after it acknowledged everything.
  void make_killed(int count = kCount) {
    run_and_kill([count](SqliteTest& test) { write_numbered(test.create(), count); });
  }
  /// Opens, checks everything, appends more, and checks that too after another opening.
  void expect_whole(int count = kCount) {
    open();
    expect_numbered(find(), count);
    write_numbered(find(), 100, count);
    close();
    open();
    expect_numbered(find(), count + 100);
    close();
  }
  /// As a process does that is killed right after: the index takes what the log has, then the WAL
  /// is moved into the file.
  void index_and_checkpoint() {
    Registry registry;
    ASSERT_TRUE(registry.open(directory() / "metadata.db"));
    const auto rows = registry.rows();
    ASSERT_EQ(rows->size(), 1U);
    NamespacePlace place{files(), "test", rows->front().log_id, options().file_options()};
    place.options.checkpoint_pages = 1;
    const auto opened = OpenFiles::open(place, false, {});
    ASSERT_TRUE(opened);
    std::mutex nobody_else;
    ASSERT_TRUE((*opened)->index_step(nobody_else));
    ASSERT_TRUE((*opened)->index.checkpoint_when_due());
    (*opened)->close(false);
  }
  static void lay_out(const fs::path& file, const std::string& content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }
  void remove_index(bool with_wal) {
    fs::remove(index_file());
    if (!with_wal) return;
    fs::remove(index_file().string() + "-wal");
    fs::remove(index_file().string() + "-shm");
  }
  /// Exchanges the index files of two namespaces, WALs too if asked.
  void swap_indexes(bool with_wal) {
    for (const std::string suffix : {"", "-wal"}) {
      if (!suffix.empty() && !with_wal) continue;
      const fs::path a = index_file("test").string() + suffix;
      const fs::path b = index_file("other").string() + suffix;
      const fs::path aside = directory() / "aside";
      if (fs::exists(a)) fs::rename(a, aside);
      if (fs::exists(b)) fs::rename(b, a);
      if (fs::exists(aside)) fs::rename(aside, b);
    }
  }
};

TEST_F(SqliteRecovery, ClosedInOrder) {
  make_closed();
  EXPECT_FALSE(fs::exists(log_file().string() + "-wal"));
  expect_whole();
}

TEST_F(SqliteRecovery, KilledWithTheIndexBehind) {
  make_killed(40'000);
  open();
  expect_numbered(find(), 40'000);
}

TEST_F(SqliteRecovery, KilledAgainBeforeAnythingWasIndexed) {
  make_killed(1000);
  run_and_kill([](SqliteTest& test) { write_numbered(test.find(), 1000, 1000); });
  expect_whole(2000);
}

TEST_F(SqliteRecovery, IndexDeletedAfterAnOrderlyClose) {
  make_closed();
  remove_index(true);
  expect_whole();
}

TEST_F(SqliteRecovery, IndexDeletedAfterAKill) {
  make_killed();
  remove_index(true);
  expect_whole();
}

TEST_F(SqliteRecovery, IndexDeletedButNotItsWal) {
  make_killed(20'000);
  remove_index(false);
  open();
  expect_numbered(find(), 20'000);
}

TEST_F(SqliteRecovery, IndexEmptied) {
  make_closed();
  fs::resize_file(index_file(), 0);
  expect_whole();
}

TEST_F(SqliteRecovery, IndexCutOffAnywhere) {
  make_closed();
  const fs::path whole = directory() / "whole";
  fs::copy_file(index_file(), whole);
  for (const std::uintmax_t size : {100U, 5000U, 8192U, 16384U, 20000U, 65536U, 100000U}) {
    SCOPED_TRACE(size);
    fs::copy_file(whole, index_file(), fs::copy_options::overwrite_existing);
    ASSERT_LT(size, fs::file_size(whole));
    fs::resize_file(index_file(), size);
    open();
    expect_numbered(find(), kCount);
    close();
  }
}

TEST_F(SqliteRecovery, IndexCutOffBesideTheWalOfACompleteCheckpoint) {
  // The WAL still has the pages of the last step, and no others.
  make_closed(1000);
  wanted_.index_delay = std::chrono::hours(1);
  run_and_kill([](SqliteTest& test) { write_numbered(test.find(), 5, 1000); });
  index_and_checkpoint();
  const fs::path wal = index_file().string() + "-wal";
  const std::string whole = contents(index_file());
  const std::string frames = contents(wal);
  ASSERT_FALSE(frames.empty());
  for (std::size_t size = 4096; size < whole.size(); size += 8192) {
    SCOPED_TRACE(size);
    lay_out(index_file(), whole.substr(0, size));
    lay_out(wal, frames);
    open();
    expect_numbered(find(), 1005);
    close();
  }
}

TEST_F(SqliteRecovery, IndexOverwrittenAnywhere) {
  make_closed();
  const fs::path whole = directory() / "whole";
  fs::copy_file(index_file(), whole);
  const std::string garbage(512, '\xa5');
  for (std::size_t at = 0; at + garbage.size() < fs::file_size(whole); at += 3 * 8192 + 512) {
    SCOPED_TRACE(at);
    fs::copy_file(whole, index_file(), fs::copy_options::overwrite_existing);
    overwrite(index_file(), at, garbage);
    open();
    expect_numbered(find(), kCount);
    close();
  }
}

/// Replaces a page of the category's index.
void set_category_page(sqlite3* index, std::int64_t category, PairPage& page) {
  const std::string_view bytes = page.bytes(category);
  sqlite3_stmt* update = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(index,
                               "UPDATE category_pages SET messages=?3"
                               " WHERE category_id=?1 AND first_global_position=?2",
                               -1, &update, nullptr),
            SQLITE_OK);
  sqlite3_bind_int64(update, 1, category);
  sqlite3_bind_int64(update, 2, page.first());
  sqlite3_bind_blob(update, 3, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  EXPECT_EQ(sqlite3_step(update), SQLITE_DONE);
  EXPECT_EQ(sqlite3_finalize(update), SQLITE_OK);
}

/// Gives a message of a category's index another stream, in a page that is whole.
void give_another_stream(sqlite3* index, std::int64_t global_position) {
  sqlite3_stmt* pages = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(index, "SELECT * FROM category_pages", -1, &pages, nullptr),
            SQLITE_OK);
  int changes = 0;
  while (changes == 0 && sqlite3_step(pages) == SQLITE_ROW) {
    const auto category = sqlite3_column_int64(pages, 0);
    const std::string_view bytes(static_cast<const char*>(sqlite3_column_blob(pages, 2)),
                                 static_cast<std::size_t>(sqlite3_column_bytes(pages, 2)));
    std::vector<Pair> pairs;
    ASSERT_TRUE(read_pair_page(category, sqlite3_column_int64(pages, 1), bytes, pairs));
    PairPage changed;
    for (Pair& pair : pairs) {
      if (pair.first == global_position) {
        ++pair.second;
        ++changes;
      }
      changed.add(pair);
    }
    if (changes != 0) set_category_page(index, category, changed);
  }
  EXPECT_EQ(sqlite3_finalize(pages), SQLITE_OK);
  EXPECT_EQ(changes, 1);
}

TEST_F(SqliteRecovery, AWrongStreamInACategorysIndexLosesNoMessage) {
  make_closed(500);
  sqlite3* index = nullptr;
  ASSERT_EQ(sqlite3_open(index_file().c_str(), &index), SQLITE_OK);
  give_another_stream(index, 102);
  ASSERT_EQ(sqlite3_close(index), SQLITE_OK);
  open();
  expect_numbered(find(), 500);
}

TEST_F(SqliteRecovery, IndexesExchangedAfterAnOrderlyClose) {
  open();
  write_numbered(create("test"), 1000);
  write_numbered(create("other"), 2000);
  close();
  swap_indexes(true);
  open();
  expect_numbered(find("test"), 1000);
  expect_numbered(find("other"), 2000);
}

TEST_F(SqliteRecovery, IndexesExchangedAfterAKill) {
  for (const bool with_wal : {false, true}) {
    SCOPED_TRACE(with_wal);
    open();
    write_numbered(create("test"), 1000);
    write_numbered(create("other"), 2000);
    close();
    run_and_kill([](SqliteTest& test) {
      write_numbered(test.find("test"), 20'000, 1000);
      write_numbered(test.find("other"), 20'000, 2000);
    });
    swap_indexes(with_wal);
    open();
    expect_numbered(find("test"), 21'000);
    expect_numbered(find("other"), 22'000);
    must(remove("test"));
    must(remove("other"));
    close();
  }
}

TEST_F(SqliteRecovery, OlderIndexRestored) {
  make_closed(1000);
  fs::copy_file(index_file(), directory() / "older");
  open();
  write_numbered(find(), 1000, 1000);
  close();
  fs::copy_file(directory() / "older", index_file(), fs::copy_options::overwrite_existing);
  expect_whole(2000);
}

TEST_F(SqliteRecovery, OlderIndexRestoredUnderANewerWal) {
  make_closed(1000);
  fs::copy_file(index_file(), directory() / "older");
  open();
  write_numbered(find(), 1000, 1000);
  close();
  run_and_kill([](SqliteTest& test) { write_numbered(test.find(), 30'000, 2000); });
  fs::copy_file(directory() / "older", index_file(), fs::copy_options::overwrite_existing);
  open();
  expect_numbered(find(), 32'000);
}

TEST_F(SqliteRecovery, OlderLogRestoredUnderANewerIndex) {
  make_closed(1000);
  fs::copy_file(log_file(), directory() / "older");
  open();
  write_numbered(find(), 1000, 1000);
  close();
  fs::copy_file(directory() / "older", log_file(), fs::copy_options::overwrite_existing);
  expect_whole(1000);
}

TEST_F(SqliteRecovery, OlderLogRestoredUnderANewerWalIsAnError) {
  // Pages of two states: rows between them would be missing without a trace.
  make_closed(1000);
  fs::copy_file(log_file(), directory() / "older");
  open();
  write_numbered(find(), 1000, 1000);
  close();
  run_and_kill([](SqliteTest& test) { write_numbered(test.find(), 100, 2000); });
  fs::copy_file(directory() / "older", log_file(), fs::copy_options::overwrite_existing);
  open();
  EXPECT_EQ(failure_of(find().head()), ErrorCode::kBackendError);
  EXPECT_EQ(failure_of(find().append(event("a-1"))), ErrorCode::kBackendError);
  close();
}

TEST_F(SqliteRecovery, LogCutOffIsAnError) {
  make_closed(2000);
  const auto size = fs::file_size(log_file());
  for (const auto left :
       {size - 1, size - 8192, size / 2, std::uintmax_t{8192}, std::uintmax_t{50}}) {
    SCOPED_TRACE(left);
    fs::resize_file(log_file(), left);
    open();
    EXPECT_EQ(failure_of(find().head()), ErrorCode::kBackendError);
    close();
  }
}

TEST_F(SqliteRecovery, IndexOfAnotherHistoryOfTheSameLog) {
  make_closed(1000);
  fs::copy_file(log_file(), directory() / "older");
  open();
  must(find().append(event("lost-1")));  // position 1001, in a future that did not happen
  close();
  fs::copy_file(directory() / "older", log_file(), fs::copy_options::overwrite_existing);
  fs::copy_file(index_file(), directory() / "other_history");
  open();
  write_numbered(find(), 500, 1000);
  close();
  fs::copy_file(directory() / "other_history", index_file(), fs::copy_options::overwrite_existing);
  expect_whole(1500);
}

TEST_F(SqliteRecovery, IndexRemovedBelowARunningStore) {
  make_closed();
  open();
  expect_numbered(find(), kCount);
  fs::remove(index_file());
  // Connections that are open still work; a new one finds nothing and has it rebuilt.
  expect_numbered(find(), kCount);
  write_numbered(find(), 100, kCount);
  close();
  open();
  expect_numbered(find(), kCount + 100);
}

TEST_F(SqliteRecovery, IndexDamagedBelowARunningStore) {
  make_closed();
  open();
  ASSERT_EQ(must(find().head()).value, kCount);  // opened, nothing of the tables read yet
  const auto size = fs::file_size(index_file());
  overwrite(index_file(), 8192, std::string(size - 8192, '\0'));
  expect_numbered(find(), kCount);
}

TEST_F(SqliteRecovery, DamagedLogIsAnErrorAndNeverAWrongMessage) {
  make_closed(200);
  const std::string before = contents(log_file());
  const std::string wanted = R"({"n":100})";
  // Every copy: pages hold remains of what was moved elsewhere.
  for (auto at = before.find(wanted); at != std::string::npos; at = before.find(wanted, at + 1)) {
    overwrite(log_file(), at + 5, "9");
  }
  open();
  const Log log = find();
  test::MessageCollector all;
  CategoryCursor cursor{
      .category = "", .next = {0}, .remaining = -1, .group = {}, .correlation = {}};
  EXPECT_EQ(failure_of(log.step(cursor, all)), ErrorCode::kBackendError);
  for (const auto& message : all.found) EXPECT_NE(message.data, R"({"n":900})");
  EXPECT_EQ(must(log.last("c0-0"))->stream, "c0-0") << "undamaged messages can be read";
}

TEST_F(SqliteRecovery, LogThatIsNoDatabase) {
  make_closed(10);
  overwrite(log_file(), 0, "this is not a database at all, but text");
  open();
  EXPECT_EQ(failure_of(find().head()), ErrorCode::kBackendError);
  EXPECT_EQ(failure_of(find().append(event("a-1"))), ErrorCode::kBackendError);
  must(create("another").append(event("a-1")));
}

TEST_F(SqliteRecovery, LogOfAnotherNamespace) {
  open();
  write_numbered(create("test"), 10);
  write_numbered(create("other"), 10);
  close();
  fs::copy_file(log_file("other"), log_file("test"), fs::copy_options::overwrite_existing);
  open();
  EXPECT_EQ(failure_of(find("test").head()), ErrorCode::kBackendError);
  expect_numbered(find("other"), 10);
}

TEST_F(SqliteRecovery, MissingLogIsNotAnEmptyNamespace) {
  make_closed(10);
  fs::remove(log_file());
  open();
  EXPECT_EQ(failure_of(find().head()), ErrorCode::kBackendError);
  EXPECT_EQ(failure_of(find().append(event("a-1"))), ErrorCode::kBackendError);
  EXPECT_FALSE(fs::exists(log_file()));
}

TEST_F(SqliteRecovery, WhatIsNoNamespaceDoesNotCallForARegistry) {
  const fs::path namespaces = directory() / "metadata.db.namespaces";
  fs::create_directories(namespaces / "lost+found");
  fs::create_directories(namespaces / "1-half-made.new");
  std::ofstream(namespaces / "1-half-made.new" / "log.db") << "";
  open();
  must(create().append(event("a-1")));
}

TEST_F(SqliteRecovery, MissingRegistryIsNotAnEmptyStore) {
  make_closed(10);
  const fs::path registry = directory() / "metadata.db";
  fs::copy_file(registry, directory() / "kept");
  for (const bool removed : {true, false}) {
    if (removed) {
      fs::remove(registry);
    } else {
      fs::resize_file(registry, 0);
    }
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("metadata.db: is missing or empty"), std::string::npos);
    fs::copy_file(directory() / "kept", registry, fs::copy_options::overwrite_existing);
  }
  expect_whole(10);
}

TEST_F(SqliteRecovery, DamagedRegistryIsNamed) {
  make_closed(10);
  overwrite(directory() / "metadata.db", 0, std::string(200, 'x'));
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("metadata.db"), std::string::npos);
}

}  // namespace
}  // namespace eventodb::store::sqlite
