#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "unit/store/sqlite/sqlite_fixture.hpp"

// Reads and lists while the border between index and tail moves below them.
namespace eventodb::store::sqlite {
namespace {

class SqliteBorder : public SqliteTest {
 protected:
  static constexpr int kStreams = 20;

  static std::string stream(int i) {
    return "cat" + std::to_string(i % 4) + "-" + std::to_string(i);
  }

  /// Appends batches until told to stop; every batch has one message for every stream.
  void write_until_stopped(const Log& log) {
    std::vector<std::string> names;
    for (int i = 0; i < kStreams; ++i) names.push_back(stream(i));
    std::vector<NewMessage> batch;
    for (int round = 0; round < 50; ++round) {
      for (const auto& name : names) batch.push_back(event(name));
    }
    while (!stopped_) {
      must(log.append(batch));
      written_ += static_cast<std::int64_t>(batch.size());
      if (written_ > 400'000) return;
    }
  }

  std::atomic<bool> stopped_ = false;
  std::atomic<std::int64_t> written_ = 0;
};

/// Checks the order while it reads; keeps nothing.
class GaplessVisitor final : public MessageVisitor {
 public:
  bool visit(const MessageView& message) override {
    if (count == 0) first = message.global_position.value;
    is_gapless = is_gapless && message.global_position.value == first + count;
    ++count;
    return count % 777 != 0;
  }
  std::int64_t first = 0;
  std::int64_t count = 0;
  bool is_gapless = true;
};

class PositionsVisitor final : public MessageVisitor {
 public:
  bool visit(const MessageView& message) override {
    is_gapless = is_gapless && message.position.value == next++;
    return true;
  }
  std::int64_t next = 0;
  bool is_gapless = true;
};

TEST_F(SqliteBorder, ReadersSeeNoGapAndNoDuplicate) {
  open();
  const Log log = create();
  test::RunningIoThread writer_io;
  std::thread writer([&] { write_until_stopped(log.on(writer_io)); });
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 3; ++seed) {
    readers.emplace_back([&, seed] {
      test::RunningIoThread io;
      const Log mine = log.on(io);
      std::mt19937 random(seed);
      for (int i = 0; i < 25; ++i) {
        const std::int64_t before = written_;
        const std::int64_t from =
            before == 0 ? 1 : static_cast<std::int64_t>(random()) % before + 1;
        GaplessVisitor all;
        CategoryCursor cursor{
            .category = "", .next = {from}, .remaining = -1, .group = {}, .correlation = {}};
        while (must(mine.step(cursor, all)) == ReadState::kMore) {
        }
        EXPECT_TRUE(all.is_gapless);
        EXPECT_GE(all.count, before - from + 1) << "what was acknowledged before is there";
        PositionsVisitor one;
        StreamCursor in_stream{.stream = "cat1-1", .next = {0}, .from_global = {}, .remaining = -1};
        while (must(mine.step(in_stream, one)) == ReadState::kMore) {
        }
        EXPECT_TRUE(one.is_gapless);
        EXPECT_GE(one.next, before / kStreams);
      }
    });
  }
  for (auto& reader : readers) reader.join();
  stopped_ = true;
  writer.join();
}

TEST_F(SqliteBorder, ListsAddUpToOneMoment) {
  open();
  const Log log = create();
  test::RunningIoThread writer_io;
  std::thread writer([&] { write_until_stopped(log.on(writer_io)); });
  for (int i = 0; i < 300; ++i) {
    const std::int64_t before = written_;
    const auto categories = must(log.categories());
    if (before == 0 && categories.empty()) continue;
    // Batches are whole: every category has the same, and so has every stream.
    ASSERT_EQ(categories.size(), 4U);
    for (const auto& category : categories) {
      ASSERT_EQ(category.stream_count, kStreams / 4);
      ASSERT_EQ(category.message_count, categories.front().message_count);
    }
    ASSERT_GE(4 * categories.front().message_count, before);
    const auto streams = must(log.streams());
    ASSERT_EQ(streams.size(), static_cast<std::size_t>(kStreams));
    for (const auto& each : streams) ASSERT_EQ(each.version, streams.front().version);
  }
  stopped_ = true;
  writer.join();
}

TEST_F(SqliteBorder, ManyNewStreamsAreListedOnceAndInOrder) {
  open();
  const Log log = create();
  std::vector<std::string> names;
  std::mt19937 random(1);
  for (int i = 0; i < 40'000; ++i) {
    names.push_back("n" + std::to_string(random() % 1000) + "-" + std::to_string(i));
  }
  std::size_t written = 0;
  while (written < names.size()) {
    std::vector<NewMessage> batch;
    for (; batch.size() < 1000; ++written) batch.push_back(event(names[written]));
    must(log.append(batch));
    if (written % 10'000 != 0) continue;
    std::vector<std::string> expected(names.begin(),
                                      names.begin() + static_cast<std::ptrdiff_t>(written));
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> found;
    for (std::string after;;) {
      const auto page = must(log.streams("", after, 1000));
      if (page.empty()) break;
      for (const auto& row : page) found.push_back(row.name);
      after = found.back();
    }
    ASSERT_EQ(found, expected);
    ASSERT_EQ(must(log.info()).stream_count, static_cast<std::int64_t>(written));
  }
}

TEST_F(SqliteBorder, IdsAreFoundAgainWhileTheBorderMoves) {
  wanted_.tail_messages_max = 800;  // so that nearly every commit meets a step
  open();
  const Log log = create();
  constexpr int kBatches = 700;
  constexpr std::uint64_t kIds = 100;
  const auto batch = [](int number) {
    std::vector<NewMessage> messages(kIds, event("ids-1"));
    for (std::uint64_t i = 0; i < kIds; ++i) {
      const std::uint64_t serial = static_cast<std::uint64_t>(number) * kIds + i;
      messages[i].id = contract::id_number(serial * 0x9e3779b97f4a7c15);
    }
    return messages;
  };
  std::vector<std::thread> clients;
  std::atomic<int> written = 0;
  for (unsigned seed = 0; seed < 3; ++seed) {
    clients.emplace_back([&, seed] {
      test::RunningIoThread io;
      const Log mine = log.on(io);
      std::mt19937 random(seed);
      while (written < kBatches) {
        // Again what lies at the border, where steps are taking it over.
        const int newest = written;
        if (newest == 0) continue;
        const int number = newest - 1 - static_cast<int>(random() % 10);
        if (number >= 0) must(mine.append(batch(number)));
      }
    });
  }
  for (int i = 0; i < kBatches; ++i) {
    must(log.append(batch(i)));
    written = i + 1;
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(must(log.head()).value, static_cast<std::int64_t>(kBatches * kIds))
      << "nothing is stored twice";
}

TEST_F(SqliteBorder, HeadsBeyondTheCacheAreLookedUp) {
  open();
  const Log log = create();
  // More streams than the cache holds, so that the second round finds most in the index.
  const int kNames = static_cast<int>(limits::kHeadCacheStreamsMax) + 5000;
  std::vector<std::string> names;
  for (int i = 0; i < kNames; ++i) names.push_back("h-" + std::to_string(i));
  for (std::int64_t round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < names.size();) {
      std::vector<NewMessage> batch;
      for (; batch.size() < 1000 && i < names.size(); ++i) {
        batch.push_back(contract::event_at(names[i], round - 1));
      }
      must(log.append(batch));
    }
  }
  EXPECT_EQ(failure_of(log.append(contract::event_at("h-0", 0))), ErrorCode::kVersionConflict);
  EXPECT_EQ(must(log.version("h-0"))->value, 1);
  EXPECT_EQ(must(log.version("h-" + std::to_string(kNames - 1)))->value, 1);
  EXPECT_EQ(must(log.version("h-x")), std::nullopt);
}

}  // namespace
}  // namespace eventodb::store::sqlite
