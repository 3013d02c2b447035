#include "store/sqlite/sqlite_id_segments.hpp"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "unit/store/sqlite/sqlite_id_fixture.hpp"

namespace eventodb::store::sqlite {
namespace {

class IdSegmentsOf : public IdSegmentsTest, public ::testing::WithParamInterface<IdOrder> {
 protected:
  void expect_all() {
    for (const auto& [id, at] : stored_) ASSERT_EQ(find(id), at);
    for (const auto& [id, at] : stored_) {
      const IdKey beside{id.high, id.low + 1};
      if (!stored_.contains(beside)) {
        ASSERT_EQ(find(beside), -1);
      }
    }
    ASSERT_EQ(segments_->id_count(), static_cast<std::int64_t>(stored_.size()));
  }
  void note(const std::vector<IdPlace>& ids) {
    for (const IdPlace& id : ids) stored_.emplace(id.id, id.at);
  }

  std::map<IdKey, std::int64_t> stored_;
};

TEST_P(IdSegmentsOf, FindsWhatWasStoredAndNothingElse) {
  ASSERT_EQ(open(), SQLITE_OK);
  for (unsigned seed = 0; seed < 3; ++seed) {
    IdSource source(GetParam(), seed);
    if (GetParam() != IdOrder::kRandom && seed > 0) break;
    for (int i = 0; i < 400; ++i) {
      const auto ids = source.next(1 + source.any() % 30);
      const bool commit = source.any() % 10 != 0;
      ASSERT_EQ(step(ids, commit), SQLITE_OK);
      if (commit) note(ids);
      const auto dice = source.any() % 20;
      if (dice < 2) reopen(dice == 0);
      if (i % 50 == 0) expect_all();
    }
    expect_all();
  }
  EXPECT_LT(segments_->directory()->segments.size(), 40U);
}

TEST_P(IdSegmentsOf, ManyLookUpsAtOnceFindWhatEachFinds) {
  ASSERT_EQ(open(), SQLITE_OK);
  IdSource source(GetParam(), 9);
  std::vector<IdPlace> all;
  const auto store = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      const auto ids = source.next(37);
      ASSERT_EQ(step(ids), SQLITE_OK);
      all.insert(all.end(), ids.begin(), ids.end());
    }
  };
  store(60);
  const auto older = segments_->directory();
  store(20);  // of which the older directory knows nothing
  ASSERT_TRUE(lookup_.open(path()));
  IdSearch search;
  std::shuffle(all.begin(), all.end(), std::mt19937(1));
  for (const IdPlace& id : all) {
    search.add(id.id);
    search.add({id.id.high, id.id.low + 1});
  }
  search.run(older);
  EXPECT_TRUE(search.has_searched(older.get(), search.ids().size() - 1));
  const auto expect_as_alone = [&](const std::shared_ptr<const IdDirectory>& directory,
                                   std::size_t first) {
    for (std::size_t i = first; i < search.ids().size(); ++i) {
      const auto found = lookup_.find_id(search.ids()[i], search.pages_of(i));
      ASSERT_TRUE(found);
      ASSERT_EQ(found->value_or(-1), find_in(directory, search.ids()[i], lookup_)) << i;
    }
  };
  expect_as_alone(older, 0);
  const std::size_t first = search.ids().size() / 2 + 5;
  search.run(segments_->directory(), first);
  expect_as_alone(segments_->directory(), first);
  for (std::size_t i = first + first % 2; i < search.ids().size(); i += 2) {
    ASSERT_EQ(lookup_.find_id(search.ids()[i], search.pages_of(i))->value_or(-1), all[i / 2].at);
  }
  search.run(segments_->directory(), first, 3);
  EXPECT_TRUE(search.has_searched(segments_->directory().get(), first + 2));
  EXPECT_FALSE(search.has_searched(segments_->directory().get(), first + 3));
  EXPECT_FALSE(search.has_searched(older.get(), first));
  ASSERT_EQ(lookup_.find_id(search.ids()[first + first % 2], search.pages_of(first + first % 2))
                ->value_or(-1),
            all[(first + first % 2) / 2].at);
  search.clear();
  EXPECT_FALSE(search.has_searched(segments_->directory().get(), first)) << "it holds back pages";
  EXPECT_TRUE(search.ids().empty());
}

TEST_P(IdSegmentsOf, StepsOfOneIdEndInFewSegments) {
  ASSERT_EQ(open(), SQLITE_OK);
  IdSource source(GetParam(), 1);
  std::size_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto ids = source.next(1);
    ASSERT_EQ(step(ids), SQLITE_OK);
    note(ids);
    if (i % 20 == 0) reopen(false);
    most = std::max(most, segments_->directory()->segments.size());
  }
  expect_all();
  EXPECT_LT(most, 40U);
}

TEST_P(IdSegmentsOf, PagesAreUsedAgain) {
  ASSERT_EQ(open(), SQLITE_OK);
  IdSource source(GetParam(), 1);
  constexpr std::int64_t kSteps = 500;
  constexpr std::int64_t kIds = 16;
  for (int i = 0; i < kSteps; ++i) ASSERT_EQ(step(source.next(kIds)), SQLITE_OK);
  // All merges at once have at most everything twice.
  const auto least = kSteps * kIds / static_cast<std::int64_t>(kSmall.page_ids);
  EXPECT_LT(count("SELECT count(*) FROM id_pages"), 5 * least / 2);
}

TEST_P(IdSegmentsOf, APageFillsALeafOfTheFileAndNoMore) {
  ASSERT_EQ(open(IdShape{}), SQLITE_OK);
  IdSource source(GetParam(), 1);
  ASSERT_EQ(step(source.next(200 * kIdPagePlacesMax)), SQLITE_OK);
  const auto pages = count("SELECT count(*) FROM id_pages");
  EXPECT_EQ(pages, 200);
  close(true);
  open_database();
  const auto in_file = count("PRAGMA page_count");
  EXPECT_LT(in_file, 200 + 40) << "the filter of 67,800 ids is 17 pages, the rest is fixed";
}

INSTANTIATE_TEST_SUITE_P(Orders, IdSegmentsOf,
                         ::testing::Values(IdOrder::kRandom, IdOrder::kAscending,
                                           IdOrder::kOnePrefix));

TEST_F(IdSegmentsTest, AMergeGoesOnAfterACrash) {
  ASSERT_EQ(open(), SQLITE_OK);
  IdSource source(IdOrder::kRandom, 7);
  std::vector<IdPlace> all;
  for (int i = 0;
       merges_under_way() == 0 || count("SELECT count(*) FROM id_parts WHERE filter=x''") == 0;
       ++i) {
    ASSERT_LT(i, 1000);
    const auto ids = source.next(20);
    all.insert(all.end(), ids.begin(), ids.end());
    ASSERT_EQ(step(ids), SQLITE_OK);
  }
  const auto target = count("SELECT segment_id FROM id_segments WHERE is_complete=0");
  for (int i = 0;
       count("SELECT is_complete FROM id_segments WHERE segment_id=" + std::to_string(target)) == 0;
       ++i) {
    ASSERT_LT(i, 1000) << "it starts anew again and again";
    reopen(false);
    const auto ids = source.next(1);
    all.insert(all.end(), ids.begin(), ids.end());
    ASSERT_EQ(step(ids), SQLITE_OK);
  }
  for (const IdPlace& id : all) ASSERT_EQ(find(id.id), id.at);
}

TEST_F(IdSegmentsTest, MergesOfOtherTiersAreFinishedAsTheyBegan) {
  IdShape older = kSmall;
  older.fan_in = 6;
  ASSERT_EQ(open(older), SQLITE_OK);
  IdSource source(IdOrder::kRandom, 5);
  std::int64_t stored = 0;
  const auto add = [&](std::size_t count) {
    stored += static_cast<std::int64_t>(count);
    return step(source.next(count));
  };
  // Sources of one merge of the older tiers that are of two of the newer ones.
  for (const std::size_t ids : {9, 40, 9, 40, 9, 40}) ASSERT_EQ(add(ids), SQLITE_OK);
  ASSERT_GT(merges_under_way(), 0);
  reopen(false);  // with the tiers of kSmall
  for (int i = 0; i < 40; ++i) ASSERT_EQ(add(i % 2 == 0 ? 9 : 40), SQLITE_OK);
  EXPECT_EQ(segments_->id_count(), stored);
  reopen(false);
  EXPECT_EQ(segments_->id_count(), stored);
}

TEST_F(IdSegmentsTest, AStepMovesAsMuchAsItsShapeSays) {
  // How many steps of 20 ids, after the one that starts it, finish a merge of 900.
  const auto steps_with = [this](std::int64_t pace, std::int64_t most) {
    IdShape shape = kSmall;
    shape.merge_pace = pace;
    shape.merge_ids_max = most;
    EXPECT_EQ(open(shape), SQLITE_OK);
    IdSource source(IdOrder::kRandom, 1);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(step(source.next(300)), SQLITE_OK);
    const std::string target =
        " WHERE segment_id=" + std::to_string(count("SELECT max(segment_id) FROM id_segments"));
    int steps = 0;
    for (; count("SELECT is_complete FROM id_segments" + target) == 0 && steps < 100; ++steps) {
      EXPECT_EQ(step(source.next(20)), SQLITE_OK);
    }
    for (const char* table : {"id_segments", "id_parts", "id_pages"}) {
      execute(std::string("DELETE FROM ") + table);
    }
    return steps;
  };
  EXPECT_EQ(steps_with(2, 40), 22);  // 900 ids, 40 in a step
  EXPECT_EQ(steps_with(8, 160), 5);  // 160 in a step
  EXPECT_EQ(steps_with(8, 100), 8);
}

TEST_F(IdSegmentsTest, WhoHoldsAnOlderDirectoryCanReadItsPages) {
  ASSERT_EQ(open(), SQLITE_OK);
  IdSource source(IdOrder::kRandom, 3);
  const auto ids = source.next(60);
  ASSERT_EQ(step(ids), SQLITE_OK);
  const auto older = segments_->directory();
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(step(source.next(20), i % 7 != 0), SQLITE_OK);
  }
  ASSERT_FALSE(std::ranges::any_of(segments_->directory()->segments, [](const auto& segment) {
    return segment->number == 1;
  })) << "it was merged";
  for (const IdPlace& id : ids) ASSERT_EQ(find_in(older, id.id, lookup_), id.at);
}

TEST_F(IdSegmentsTest, LookUpsBesideStepsFindWhatWasStoredBefore) {
  ASSERT_EQ(open(), SQLITE_OK);
  std::mutex mutex;
  auto directory = segments_->directory();
  std::vector<IdPlace> stored;
  std::atomic<bool> is_over = false;
  std::atomic<int> hits = 0;
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 2; ++seed) {
    readers.emplace_back([&, seed] {
      IndexReader reader;
      std::mt19937_64 random(seed);
      while (!is_over || hits < 100) {
        IdPlace wanted;
        std::shared_ptr<const IdDirectory> mine;
        {
          const std::lock_guard lock(mutex);
          if (stored.empty()) continue;
          wanted = stored[random() % stored.size()];
          mine = directory;
        }
        EXPECT_EQ(find_in(mine, wanted.id, reader), wanted.at);
        EXPECT_EQ(find_in(mine, {random(), random()}, reader), -1);
        ++hits;
      }
    });
  }
  IdSource source(IdOrder::kRandom, 5);
  for (int i = 0; i < 400; ++i) {
    const auto ids = source.next(20);
    EXPECT_EQ(step(ids), SQLITE_OK);
    const std::lock_guard lock(mutex);
    directory = segments_->directory();
    stored.insert(stored.end(), ids.begin(), ids.end());
  }
  is_over = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(IdSegmentsTest, AnIdThatIsThereTwiceIsNoticed) {
  ASSERT_EQ(open(), SQLITE_OK);
  IdSource source(IdOrder::kRandom, 1);
  auto ids = source.next(10);
  ids.push_back({ids.front().id, 1000});
  EXPECT_EQ(step(ids), SQLITE_CORRUPT);
  ids.pop_back();
  EXPECT_EQ(step(ids), SQLITE_OK);
  auto again = source.next(9);
  again.push_back({ids[3].id, 1001});
  EXPECT_EQ(step(again), SQLITE_OK);
  Code code = SQLITE_OK;
  for (int i = 0; i < 100 && code == SQLITE_OK; ++i) code = step(source.next(10));
  EXPECT_EQ(code, SQLITE_CORRUPT);
}

class IdDamage : public IdSegmentsTest {
 protected:
  IdDamage() {
    EXPECT_EQ(open(), SQLITE_OK);
    for (int i = 0; i < 40 || merges_under_way() == 0; ++i) {
      const auto ids = source_.next(20);
      all_.insert(all_.end(), ids.begin(), ids.end());
      EXPECT_EQ(step(ids), SQLITE_OK);
    }
    page_end_ = count("SELECT max(page) FROM id_pages");
    segment_end_ = count("SELECT max(segment_id) FROM id_segments");
    close(true);
    std::filesystem::copy_file(path(), whole_);
  }

  void expect_right_or_refused(const std::string& damage) {
    for (const IdPlace& id : all_) {
      const auto found = find(id.id);
      EXPECT_TRUE(found == id.at || found == -2) << damage << ": " << found;
    }
  }

  /// Whether the damage was noticed when the file was opened; after that it may not do harm.
  bool is_refused(const std::string& damage) {
    std::filesystem::copy_file(whole_, path(), std::filesystem::copy_options::overwrite_existing);
    open_database();
    execute(damage);
    const bool is_refused =
        open() != SQLITE_OK || segments_->id_count() != static_cast<std::int64_t>(all_.size());
    if (!is_refused) {
      expect_right_or_refused(damage);
      for (int i = 0; i < 3 && step(source_.next(20)) == SQLITE_OK; ++i) {
      }
      expect_right_or_refused(damage);
    }
    close(true);
    return is_refused;
  }

  const std::string whole_ = path() + ".whole";
  IdSource source_{IdOrder::kRandom, 11};
  std::vector<IdPlace> all_;
  std::int64_t page_end_ = 0;
  std::int64_t segment_end_ = 0;
};

TEST_F(IdDamage, OfAPageIsNeverAWrongAnswer) {
  ASSERT_GT(page_end_, 100);
  for (std::int64_t page = 1; page <= page_end_; page += page_end_ / 12) {
    const std::string of = " WHERE page=" + std::to_string(page);
    is_refused("DELETE FROM id_pages" + of);
    is_refused("UPDATE id_pages SET ids=zeroblob(length(ids))" + of);
    is_refused("UPDATE id_pages SET ids=(SELECT ids FROM id_pages WHERE page<>" +
               std::to_string(page) + " LIMIT 1)" + of);
  }
}

TEST_F(IdDamage, OfWhatLeadsToPagesIsNoticedAtOnce) {
  int tried = 0;
  for (std::int64_t segment = 1; segment <= segment_end_; ++segment) {
    const std::string of = " WHERE segment_id=" + std::to_string(segment);
    open_database();
    const bool exists = count("SELECT count(*) FROM id_parts" + of) > 0;
    close(true);
    if (!exists) continue;
    ++tried;
    is_refused("DELETE FROM id_parts" + of);  // what a merge has done so far may be lost
    for (const std::string damage :
         {"DELETE FROM id_segments", "UPDATE id_segments SET is_complete=1-is_complete",
          "UPDATE id_parts SET filter=zeroblob(32)",
          "UPDATE id_parts SET pages=zeroblob(length(pages))"}) {
      EXPECT_TRUE(is_refused(damage + of)) << damage << of;
    }
  }
  EXPECT_GT(tried, 4);
}

TEST_F(IdDamage, OfANumberOfAPageIsNoticedBeforeItIsMadeRoomFor) {
  for (const char* number : {"9223372036854775807", "-1", "1099511627776"}) {
    EXPECT_TRUE(is_refused("UPDATE id_pages SET page=" + std::string(number) +
                           " WHERE page=(SELECT max(page) FROM id_pages)"))
        << number;
  }
}

// --- filter --------------------------------------------------------------------------------------

TEST(IdFilter, NeverMissesAndSeldomErrs) {
  for (const auto order : {IdOrder::kRandom, IdOrder::kAscending, IdOrder::kOnePrefix}) {
    IdSource source(order, 1);
    std::vector<std::uint64_t> hashes;
    for (int i = 0; i < 100'000; ++i) hashes.push_back(IdFilter::hash(source.next().id));
    const IdFilter filter(hashes);
    const IdFilter::View view(filter);
    const auto may_have = [&view](std::uint64_t hash) {
      const IdFilter::Probe probe(hash);
      return view.block_of(probe).may_have(probe);
    };
    for (const std::uint64_t hash : hashes) ASSERT_TRUE(may_have(hash));
    int wrong = 0;
    for (int i = 0; i < 100'000; ++i) wrong += may_have(IdFilter::hash(source.next().id));
    EXPECT_LT(wrong, 300) << "of 100,000";
    RecordProperty("false_positives_of_100000", wrong);
    IdFilter read;
    ASSERT_TRUE(read.assign(filter.bytes()));
    EXPECT_EQ(read.bytes(), filter.bytes());
  }
  EXPECT_FALSE(IdFilter().assign("no block"));
}

TEST(IdFilter, IsWhatFilesOfThisIndexVersionHold) {
  const std::uint64_t hash = IdFilter::hash({0x0123456789abcdef, 0xfedcba9876543210});
  EXPECT_EQ(hash, 12684429807328162153U);
  const IdFilter filter({&hash, 1});
  std::string text;
  for (const char byte : filter.bytes()) text += std::to_string(byte) + " ";
  EXPECT_EQ(text, "0 0 0 -128 0 0 0 1 0 0 0 16 -128 0 0 0 0 0 0 4 0 0 -128 0 0 0 0 -128 0 32 0 0 ");
}

}  // namespace
}  // namespace eventodb::store::sqlite
