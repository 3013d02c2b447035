#include "store/sqlite/sqlite_pair_page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "unit/store/sqlite/sqlite_fixture.hpp"

namespace eventodb::store::sqlite {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kOwner = 7;

std::string encode(const std::vector<Pair>& pairs, std::int64_t owner = kOwner) {
  PairPage page;
  for (const Pair& pair : pairs) page.add(pair);
  return std::string(page.bytes(owner));
}

TEST(PairPage, GivesBackWhatWasAdded) {
  const std::vector<std::vector<Pair>> examples = {
      {{0, 0}},
      {{1, 1}, {2, 2}, {3, 3}},
      {{5, 100}, {6, 99}, {1000, -1}, {1001, kMax}, {1002, kMin}},
      {{kMin, kMin}, {-1, kMax}, {0, 0}, {kMax, kMin}},
  };
  for (const auto& pairs : examples) {
    std::vector<Pair> found = {{9, 9}};
    EXPECT_TRUE(read_pair_page(kOwner, pairs.front().first, encode(pairs), found));
    EXPECT_EQ(found, pairs);
  }
}

TEST(PairPage, IsFullAtItsBoundAndUsableAgain) {
  PairPage page;
  EXPECT_TRUE(page.empty());
  for (std::size_t i = 0; i < kPairsPerPageMax; ++i) {
    EXPECT_FALSE(page.is_full());
    page.add({static_cast<std::int64_t>(i) + 10, 1});
  }
  EXPECT_TRUE(page.is_full());
  EXPECT_EQ(page.first(), 10);
  page.clear();
  page.add({3, 4});
  std::vector<Pair> found;
  EXPECT_TRUE(read_pair_page(kOwner, 3, page.bytes(kOwner), found));
  EXPECT_EQ(found, (std::vector<Pair>{{3, 4}}));
}

TEST(PairPage, NoticesEveryDamage) {
  const std::string whole = encode({{5, 100}, {6, 99}, {300, 70'000}});
  std::vector<Pair> found;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(read_pair_page(kOwner, 5, damaged, found)) << bit;
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_pair_page(kOwner, 5, whole.substr(0, size), found)) << size;
  }
  EXPECT_FALSE(read_pair_page(kOwner, 5, whole + '\0', found));
  EXPECT_FALSE(read_pair_page(kOwner + 1, 5, whole, found)) << "of another owner";
  EXPECT_FALSE(read_pair_page(kOwner, 6, whole, found)) << "of another key";
}

/// Pages in a table, as the index has them.
class PairScanTest : public SqliteTest {
 protected:
  PairScanTest() : database_(must_open_new(directory() / "pairs.db")) {
    EXPECT_EQ(database_.execute("CREATE TABLE pages(first INTEGER PRIMARY KEY, page BLOB)"),
              SQLITE_OK);
    EXPECT_EQ(insert_.prepare(database_, "INSERT INTO pages VALUES (?1,?2)"), SQLITE_OK);
  }

  static Database must_open_new(const std::filesystem::path& path) {
    if (!make_file(path.string())) throw std::runtime_error("cannot make " + path.string());
    auto opened = Database::open(path.string(), Database::Access::kReadWrite);
    if (!opened) throw std::runtime_error(opened.error().text);
    return std::move(*opened);
  }

  void insert(std::int64_t first, std::string_view page) {
    insert_.bind(1, first);
    insert_.bind_blob(2, page);
    EXPECT_EQ(insert_.run(), SQLITE_OK);
  }

  /// What a scan yields; the code it ends with goes to `end`.
  std::vector<Pair> scan(std::int64_t from, std::int64_t to, Code& end) {
    Statement pages;
    EXPECT_EQ(pages.prepare(database_, "SELECT first, page FROM pages ORDER BY first"), SQLITE_OK);
    PairScan scan;
    scan.start(pages, kOwner, from, to);
    std::vector<Pair> found;
    while ((end = scan.step()) == SQLITE_ROW) found.push_back(scan.pair());
    return found;
  }

  Database database_;
  Statement insert_;
};

TEST_F(PairScanTest, YieldsWhatLiesBetweenItsBounds) {
  std::mt19937 random(1);
  std::vector<Pair> all;
  std::int64_t first = 0;
  for (int row = 0; row < 20; ++row) {
    std::vector<Pair> pairs(1 + random() % kPairsPerPageMax);
    for (Pair& pair : pairs) {
      first += 1 + random() % 5;
      pair = {first, static_cast<std::int64_t>(random() % 1000)};
    }
    insert(pairs.front().first, encode(pairs));
    all.insert(all.end(), pairs.begin(), pairs.end());
  }
  for (int i = 0; i < 200; ++i) {
    const auto from = static_cast<std::int64_t>(random() % (first + 10));
    const auto to = static_cast<std::int64_t>(random() % (first + 10));
    std::vector<Pair> expected;
    std::copy_if(all.begin(), all.end(), std::back_inserter(expected),
                 [=](const Pair& pair) { return from <= pair.first && pair.first <= to; });
    Code end = SQLITE_OK;
    EXPECT_EQ(scan(from, to, end), expected) << from << ".." << to;
    EXPECT_EQ(end, SQLITE_DONE);
  }
}

TEST_F(PairScanTest, EndsAtADamagedPage) {
  insert(1, encode({{1, 1}, {2, 2}}));
  insert(3, "damaged");
  insert(5, encode({{5, 5}}));
  Code end = SQLITE_OK;
  EXPECT_EQ(scan(1, 9, end), (std::vector<Pair>{{1, 1}, {2, 2}}));
  EXPECT_EQ(end, SQLITE_CORRUPT);
}

}  // namespace
}  // namespace eventodb::store::sqlite
