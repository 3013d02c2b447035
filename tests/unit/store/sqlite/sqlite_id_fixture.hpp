#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "store/sqlite/sqlite_id_search.hpp"
#include "store/sqlite/sqlite_id_segments.hpp"
#include "store/sqlite/sqlite_paths.hpp"
#include "store/sqlite/sqlite_readers.hpp"
#include "store/sqlite/sqlite_schema.hpp"
#include "support/server_process.hpp"

namespace eventodb::store::sqlite {

/// The ids of an index.db without the rest of it, so small that a few steps fill several tiers.
class IdSegmentsTest : public ::testing::Test {
 protected:
  static constexpr IdShape kSmall{
      .page_ids = 4, .part_pages = 3, .fan_in = 3, .merge_pace = 2, .tier_ids = 8};

  IdSegmentsTest() {
    EXPECT_TRUE(make_file(path()));
    auto made = Database::open(path(), Database::Access::kReadWrite);
    EXPECT_TRUE(made && create_index(*made, 1, 1));
    made->close();
    open_database();
  }

  std::string path() const { return directory_.path() + "/index.db"; }

  void open_database() {
    auto opened = Database::open(path(), Database::Access::kReadWrite);
    ASSERT_TRUE(opened) << opened.error().text;
    database_ = std::move(*opened);
    execute(sql::kWriterSettings);
    execute("PRAGMA synchronous=OFF");
  }
  void execute(const std::string& text) {
    ASSERT_EQ(database_.execute(text.c_str()), SQLITE_OK) << sqlite3_errmsg(database_.handle());
  }
  std::int64_t count(const std::string& text) {
    const auto found = database_.query_integer(text.c_str());
    return found ? *found : -1;
  }

  Code open(const IdShape& shape = kSmall) {
    segments_ = std::make_unique<IdSegments>(shape);
    return segments_->open(database_);
  }
  /// As after a crash of the process, or in order.
  void close(bool orderly) {
    segments_.reset();
    lookup_ = IndexReader();
    if (orderly) return database_.close();
    database_.close_without_checkpoint();
  }
  void reopen(bool orderly) {
    close(orderly);
    open_database();
    ASSERT_EQ(open(), SQLITE_OK);
  }

  /// One index step; a failed one is rolled back.
  Code step(std::vector<IdPlace> ids, bool commit = true) {
    execute(sql::kBeginImmediate);
    const Code code = segments_->write(ids);
    if (code == SQLITE_OK && commit) {
      execute(sql::kCommit);
      segments_->commit();
    } else {
      execute(sql::kRollback);
      segments_->roll_back();
    }
    return code;
  }

  /// -1: there is none; -2: the look-up failed.
  std::int64_t find(const IdKey& id) { return find_in(segments_->directory(), id, lookup_); }
  std::int64_t find_in(const std::shared_ptr<const IdDirectory>& directory, const IdKey& id,
                       IndexReader& reader) const {
    IdSearch search;
    search.add(id);
    search.run(directory);
    const auto pages = search.pages_of(0);
    if (pages.empty()) return -1;
    if (!reader.is_open() && !reader.open(path())) return -2;
    const auto found = reader.find_id(id, pages);
    return found ? found->value_or(-1) : -2;
  }

  std::int64_t merges_under_way() {
    return count("SELECT count(*) FROM id_segments WHERE is_complete=0");
  }

  test::TemporaryDirectory directory_;
  Database database_;
  std::unique_ptr<IdSegments> segments_;
  IndexReader lookup_;
};

/// How ids of a log may look.
enum class IdOrder : std::uint8_t { kRandom, kAscending, kOnePrefix };

/// Ids that are all different, and the global positions they get.
class IdSource {
 public:
  IdSource(IdOrder order, unsigned seed) : order_(order), random_(seed) {}

  IdPlace next() {
    const auto serial = static_cast<std::uint64_t>(++last_);
    switch (order_) {
      case IdOrder::kRandom:
        return {{random_(), random_()}, last_};
      case IdOrder::kAscending:
        return {{serial, random_()}, last_};
      case IdOrder::kOnePrefix:
        return {{0xab00000000000000, serial * 0x9e3779b97f4a7c15}, last_};
    }
    return {};
  }
  std::vector<IdPlace> next(std::size_t count) {
    std::vector<IdPlace> ids(count);
    for (IdPlace& id : ids) id = next();
    return ids;
  }
  std::uint64_t any() { return random_(); }

 private:
  IdOrder order_;
  std::mt19937_64 random_;
  std::int64_t last_ = 0;
};

}  // namespace eventodb::store::sqlite
