#include "store/sqlite/sqlite_row_pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/sqlite_readers.hpp"
#include "store/sqlite/sqlite_schema.hpp"
#include "support/server_process.hpp"

// Where messages lie in log.db, found without SQLite.
namespace eventodb::store::sqlite {
namespace {

constexpr std::size_t kPageBytes = 8192;

class SqliteRowPages : public ::testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/log.db"; }

  /// A log with messages 3, 6, 9, ... of such a size; all of it in the file itself.
  void make_log(int count, int bytes) {
    std::ofstream(path()).close();
    auto database = Database::open(path(), Database::Access::kReadWrite);
    ASSERT_TRUE(database) << database.error().text;
    const auto created = create_log(*database, 1);
    ASSERT_TRUE(created) << created.error().text;
    const std::string rows =
        "PRAGMA synchronous=OFF; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < " +
        std::to_string(count) +
        ") INSERT INTO messages SELECT i * 3, 1, i - 1, x'00', 0, 'T', printf('%." +
        std::to_string(bytes) + "c', 'x'), NULL, 0 FROM n; PRAGMA wal_checkpoint(TRUNCATE)";
    ASSERT_EQ(database->execute(rows.c_str()), SQLITE_OK);
  }

  std::string contents() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::vector<RowPlace> places(const std::vector<std::int64_t>& rows) {
    std::vector<RowPlace> places;
    for (const std::int64_t row : rows) places.push_back({.row_id = row});
    return places;
  }

  test::TemporaryDirectory directory_;
};

/// The numbers of the rows on a leaf; none when it is no leaf of a table.
std::vector<std::int64_t> rows_on(const std::string& file, std::uint32_t number) {
  if (number == 0 || number * kPageBytes > file.size()) return {};
  const auto* page =
      reinterpret_cast<const unsigned char*>(file.data()) + (number - 1) * kPageBytes;
  if (page[0] != 0x0d) return {};
  std::vector<std::int64_t> rows;
  for (int i = 0; i < (page[3] << 8 | page[4]); ++i) {
    const unsigned char* cell = page + (page[8 + 2 * i] << 8 | page[9 + 2 * i]);
    while ((*cell++ & 0x80) != 0) {  // how long the row is
    }
    std::int64_t row = 0;
    do {
      row = row << 7 | (*cell & 0x7f);
    } while ((*cell++ & 0x80) != 0);
    rows.push_back(row);
  }
  return rows;
}

TEST_F(SqliteRowPages, FindsTheLeafOfEveryMessage) {
  // One page; a root and its leaves; a level in between, for which rows of half a page are needed.
  for (const auto& [count, bytes] : {std::pair{5, 100}, {2000, 300}, {4000, 3900}}) {
    std::filesystem::remove(path());
    make_log(count, bytes);
    const std::string file = contents();
    RowPages pages;
    pages.open(path());
    LogReader log;
    ASSERT_TRUE(log.open(path(), 0));
    std::vector<std::int64_t> rows;
    for (int i = 1; i <= count; i += 1 + count / 97) rows.push_back(3 * i);
    rows.push_back(3 * count);
    for (std::size_t at = 0; at < rows.size(); at += 10) {
      const std::size_t end = std::min(at + 10, rows.size());
      auto expected = places({rows.begin() + static_cast<std::ptrdiff_t>(at),
                              rows.begin() + static_cast<std::ptrdiff_t>(end)});
      log.expect(expected, pages);
      for (const RowPlace& place : expected) {
        const auto on_page = rows_on(file, place.page);
        EXPECT_TRUE(std::ranges::find(on_page, place.row_id) != on_page.end())
            << place.row_id << " of " << count << " is not on page " << place.page;
      }
    }
  }
}

TEST_F(SqliteRowPages, EndsOnFilesThatMakeNoSense) {
  make_log(4000, 3900);
  const std::string good = contents();
  LogReader log;
  ASSERT_TRUE(log.open(path(), 0));
  for (int kind = 0; kind < 4; ++kind) {
    std::string file = good;
    for (std::size_t at = kPageBytes; at + kPageBytes <= file.size(); at += kPageBytes) {
      if (file[at] != 5) continue;
      if (kind == 0) file[at + 3] = file[at + 4] = '\xff';  // as many cells as can be
      if (kind == 1) file.replace(at + 12, 4000, std::string(4000, '\xff'));  // cells outside of it
      if (kind == 2) file.replace(at + 8, kPageBytes - 8, std::string(kPageBytes - 8, '\0'));
      // A ring: the last child of each is the page itself.
      if (kind == 3) {
        const std::size_t self = at / kPageBytes + 1;
        file.replace(at + 3, 2, std::string(2, '\0'));
        file[at + 10] = static_cast<char>(self >> 8);
        file[at + 11] = static_cast<char>(self);
      }
    }
    if (kind == 1) file.resize(file.size() / 2);
    const std::string other = directory_.path() + "/other.db";
    std::ofstream(other, std::ios::binary) << file;
    RowPages pages;
    pages.open(other);
    auto expected = places({3, 300, 3000, 12000});
    log.expect(expected, pages);
    if (kind == 0 || kind == 2) {
      for (const RowPlace& place : expected) EXPECT_EQ(place.page, 0U) << kind;
    }
  }
}

TEST_F(SqliteRowPages, FindsNothingWithoutAFile) {
  make_log(10, 100);
  LogReader log;
  ASSERT_TRUE(log.open(path(), 0));
  RowPages pages;
  pages.open(directory_.path() + "/missing.db");
  auto expected = places({3});
  expected[0].page = 7;
  log.expect(expected, pages);
  EXPECT_EQ(expected[0].page, 0U);
}

}  // namespace
}  // namespace eventodb::store::sqlite
