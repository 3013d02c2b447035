#include "store/sqlite/sqlite_message_cache.hpp"

#include <thread>

#include "base/memory_figures.hpp"
#include "eventodb/limits.hpp"
#include "support/owned_message.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

namespace eventodb::store::sqlite {
namespace {

using base::MemoryKind;
using End = MessageCache::End;

constexpr std::size_t kBytesMax = 2 * 1024 * 1024;

MessageView message_at(std::int64_t position, std::string_view data = "{}") {
  return {.stream = "s",
          .type = "Type",
          .data = data,
          .metadata = position % 2 == 0 ? R"({"m":1})" : "",
          .position = {position},
          .global_position = {position * 10},
          .id = contract::id_number(static_cast<std::uint64_t>(position)),
          .time = {position}};
}

StreamCursor cursor_at(std::int64_t position, std::int64_t remaining = -1) {
  return {.stream = "s", .next = Position{position}, .remaining = remaining};
}

std::int64_t bytes_held() {
  return base::memory_figures(MemoryKind::kMessageCache).bytes;
}

class Cache : public ::testing::Test {
 protected:
  void add(std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) cache_.add(owner_, 7, message_at(i));
  }
  bool holds(std::int64_t stream_id, std::int64_t position) {
    test::MessageCollector ignored;
    StreamCursor cursor = cursor_at(position);
    return cache_.read(owner_, stream_id, cursor, position + 1, ignored) == End::kReached;
  }

  MessageCache cache_{kBytesMax};
  MessageCache::Owner owner_ = cache_.add_owner();
};

TEST_F(Cache, GivesBackWhatItWasGiven) {
  add(0, 200);
  test::MessageCollector found;
  StreamCursor cursor = cursor_at(3);
  EXPECT_EQ(cache_.read(owner_, 7, cursor, 200, found), End::kReached);
  EXPECT_EQ(cursor.next.value, 200);
  ASSERT_EQ(found.found.size(), 197U);
  for (std::size_t i = 0; i < found.found.size(); ++i) {
    EXPECT_EQ(found.found[i], test::OwnedMessage(message_at(static_cast<std::int64_t>(i) + 3)));
  }
}

TEST_F(Cache, StopsWhereItHoldsNothingMore) {
  add(0, 5);
  add(6, 9);
  test::MessageCollector found;
  StreamCursor cursor = cursor_at(0);
  EXPECT_EQ(cache_.read(owner_, 7, cursor, 9, found), End::kNotHeld);
  EXPECT_EQ(cursor.next.value, 5);
  EXPECT_EQ(found.found.size(), 5U);
  EXPECT_FALSE(holds(8, 0)) << "another stream";
  EXPECT_FALSE(holds(7, 9));
}

TEST_F(Cache, StopsWhenTheReaderHasEnough) {
  add(0, 9);
  test::MessageCollector found(3);
  StreamCursor cursor = cursor_at(0, 5);
  EXPECT_EQ(cache_.read(owner_, 7, cursor, 9, found), End::kStopped) << "paused";
  EXPECT_EQ(cursor.next.value, 3);
  EXPECT_EQ(cursor.remaining, 2);
  EXPECT_EQ(cache_.read(owner_, 7, cursor, 9, found), End::kStopped) << "none remaining";
  EXPECT_EQ(cursor.next.value, 5);
  EXPECT_EQ(cursor.remaining, 0);
}

TEST_F(Cache, HoldsNoMoreThanItsBytesAndKeepsWhatIsUsed) {
  const std::int64_t before = bytes_held();
  const std::string data = R"({"text":")" + std::string(400, 'x') + "\"}";
  for (std::int64_t i = 0; i < 10; ++i) cache_.add(owner_, 1, message_at(i, data));
  for (std::int64_t i = 0; i < 100'000; ++i) {
    cache_.add(owner_, 2, message_at(i, data));
    if (i % 50 != 0) continue;
    for (std::int64_t hot = 0; hot < 10; ++hot) ASSERT_TRUE(holds(1, hot)) << i;
  }
  EXPECT_LE(bytes_held() - before, static_cast<std::int64_t>(kBytesMax));
  EXPECT_FALSE(holds(2, 0)) << "the scan has pushed out itself";
  EXPECT_TRUE(holds(2, 99'999));
}

TEST_F(Cache, LeavesOutWhatIsLarge) {
  const std::string data = R"({"text":")" + std::string(20'000, 'x') + "\"}";
  cache_.add(owner_, 7, message_at(0, data));
  EXPECT_FALSE(holds(7, 0));
}

TEST_F(Cache, ForgetsAnOwner) {
  const std::int64_t before = bytes_held();
  add(0, 300);
  const MessageCache::Owner other = cache_.add_owner();
  cache_.add(other, 7, message_at(0));
  cache_.forget(owner_);
  EXPECT_FALSE(holds(7, 0));
  owner_ = other;
  EXPECT_TRUE(holds(7, 0));
  cache_.forget(other);
  EXPECT_EQ(bytes_held(), before);
}

TEST_F(Cache, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (std::int64_t n = 0; n < 4; ++n) {
    threads.emplace_back([this, n] {
      const MessageCache::Owner mine = cache_.add_owner();
      for (std::int64_t i = 0; i < 20'000; ++i) {
        cache_.add(owner_, n, message_at(i));
        cache_.add(mine, n, message_at(i));
        test::MessageCollector found;
        StreamCursor cursor = cursor_at(i / 2);
        cache_.read(owner_, (n + 1) % 4, cursor, i / 2 + 5, found);
        for (const auto& message : found.found) {
          EXPECT_EQ(message, test::OwnedMessage(message_at(message.position.value)));
        }
      }
      cache_.forget(mine);
    });
  }
  for (auto& thread : threads) thread.join();
}

// --- in the store --------------------------------------------------------------------------------

class CachedReads : public SqliteTest {
 protected:
  struct Uses {
    std::uint64_t hits;
    std::uint64_t misses;
  };
  static Uses uses() {
    const auto figures = base::memory_figures(MemoryKind::kMessageCache);
    return {figures.hits, figures.misses};
  }
};

TEST_F(CachedReads, WhatWasReadOnceIsReadFromMemory) {
  open();
  create().append_many("cat-1", 40);
  close();
  open();
  const Log log = find();
  const auto first = log.read_stream("cat-1");
  const Uses before = uses();
  const auto second = log.read_stream("cat-1");
  EXPECT_EQ(uses().hits, before.hits + 40);
  EXPECT_EQ(uses().misses, before.misses);
  EXPECT_EQ(second.messages, first.messages);
  EXPECT_EQ(must(log.last("cat-1")), first.messages.back());
  EXPECT_EQ(uses().hits, before.hits + 41);
}

TEST_F(CachedReads, WhatIsAppendedFollowsWhatIsCached) {
  open();
  create().append_many("cat-1", 10);
  close();
  open();
  const Log log = find();
  EXPECT_EQ(log.read_stream("cat-1").messages.size(), 10U);
  for (int n = 11; n < 20; ++n) {
    must(log.append(contract::event_at("cat-1", n - 2)));
    const auto found = log.read_stream("cat-1");
    ASSERT_EQ(found.messages.size(), static_cast<std::size_t>(n));
    EXPECT_EQ(found.positions().back(), n - 1);
    EXPECT_EQ(must(log.version("cat-1"))->value, n - 1);
    EXPECT_EQ(must(log.last("cat-1"))->position.value, n - 1);
  }
}

TEST_F(CachedReads, AStreamWithoutMessagesMayGetSome) {
  open();
  const Log log = create();
  log.append_many("cat-1", 10);
  close();
  open();
  const Log again = find();
  EXPECT_EQ(must(again.version("cat-2")), std::nullopt);
  EXPECT_TRUE(again.read_stream("cat-2").messages.empty());
  must(again.append(contract::event_at("cat-2", -1)));
  EXPECT_EQ(must(again.version("cat-2"))->value, 0);
  EXPECT_EQ(again.read_stream("cat-2").messages.size(), 1U);
}

TEST_F(CachedReads, ADeletedNamespaceLeavesNothing) {
  open();
  create().append_many("cat-1", 40);
  close();
  open();
  const std::int64_t before = bytes_held();
  EXPECT_EQ(find().read_stream("cat-1").messages.size(), 40U);
  EXPECT_GT(bytes_held(), before);
  must(remove("test"));
  EXPECT_EQ(bytes_held(), before);
  const Log fresh = create();
  EXPECT_TRUE(fresh.read_stream("cat-1").messages.empty());
}

}  // namespace
}  // namespace eventodb::store::sqlite
