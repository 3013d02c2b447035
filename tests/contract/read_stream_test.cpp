#include <numeric>

#include "contract/store_contract.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::contract {
namespace {

std::vector<std::int64_t> numbers(std::int64_t from, std::int64_t end) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(end - from));
  std::iota(all.begin(), all.end(), from);
  return all;
}

class ReadStreamContract : public StoreContract {
 protected:
  static StreamCursor from(std::int64_t next, std::int64_t remaining = -1) {
    return {.stream = "account-1", .next = {next}, .remaining = remaining};
  }

  /// Ten messages of account-1 at the odd global positions, ten of account-2 at the even ones.
  Log filled() {
    const Log log = create();
    for (int i = 0; i < 10; ++i) must(log.append({event("account-1"), event("account-2")}));
    return log;
  }
};
EVENTODB_FOR_EVERY_BACKEND(ReadStreamContract);

TEST_P(ReadStreamContract, AnUnknownStreamHasNothing) {
  const Log log = create();
  EXPECT_TRUE(log.read_stream("account-1").messages.empty());
  must(log.append(event("account-1")));
  for (const auto* name : {"account-2", "account-", "account", "Account-1", "account-11", ""}) {
    EXPECT_TRUE(log.read_stream(name).messages.empty()) << name;
    EXPECT_FALSE(must(log.version(name)).has_value()) << name;
    EXPECT_FALSE(must(log.last(name)).has_value()) << name;
  }
}

TEST_P(ReadStreamContract, DeliversTheStreamInOrderOfPosition) {
  const Log log = filled();
  const auto read = log.read_stream("account-1");
  EXPECT_EQ(read.positions(), numbers(0, 10));
  EXPECT_EQ(read.global_positions(),
            (std::vector<std::int64_t>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
}

TEST_P(ReadStreamContract, StartsAtAPosition) {
  const Log log = filled();
  EXPECT_EQ(log.read(from(5)).positions(), numbers(5, 10));
  EXPECT_EQ(log.read(from(9)).positions(), numbers(9, 10));
  EXPECT_TRUE(log.read(from(10)).messages.empty());
  EXPECT_TRUE(log.read(from(kMax)).messages.empty());
  EXPECT_EQ(log.read(from(-1)).positions(), numbers(0, 10));
  EXPECT_EQ(log.read(from(kMin)).positions(), numbers(0, 10));
}

TEST_P(ReadStreamContract, StopsWhenNoMoreAreWanted) {
  const Log log = filled();
  EXPECT_TRUE(log.read(from(0, 0)).messages.empty());
  EXPECT_EQ(log.read(from(0, 1)).positions(), numbers(0, 1));
  EXPECT_EQ(log.read(from(3, 4)).positions(), numbers(3, 7));
  EXPECT_EQ(log.read(from(3, 7)).positions(), numbers(3, 10));
  EXPECT_EQ(log.read(from(3, kMax)).positions(), numbers(3, 10));
  EXPECT_EQ(log.read(from(3, kMin)).positions(), numbers(3, 10));
}

TEST_P(ReadStreamContract, StartsAtAGlobalPositionToo) {
  const Log log = filled();
  const auto read = [&](std::int64_t next, std::int64_t from_global) {
    StreamCursor cursor = from(next);
    cursor.from_global = GlobalPosition{from_global};
    return log.read(cursor).positions();
  };
  EXPECT_EQ(read(0, 7), numbers(3, 10));
  EXPECT_EQ(read(0, 8), numbers(4, 10));
  EXPECT_EQ(read(6, 7), numbers(6, 10)) << "both hold";
  EXPECT_EQ(read(0, 19), numbers(9, 10));
  EXPECT_TRUE(read(0, 20).empty());
  EXPECT_TRUE(read(0, kMax).empty());
  EXPECT_EQ(read(0, kMin), numbers(0, 10));
}

TEST_P(ReadStreamContract, TheCursorStandsBehindWhatWasDelivered) {
  const Log log = filled();
  test::MessageCollector collector;
  StreamCursor cursor = from(2, 3);
  EXPECT_EQ(must(log.step(cursor, collector)), ReadState::kDone);
  EXPECT_EQ(cursor.next.value, 5);
  EXPECT_EQ(cursor.remaining, 0);
  cursor.remaining = 2;
  EXPECT_EQ(must(log.step(cursor, collector)), ReadState::kDone);
  EXPECT_EQ(collector.found.back().position.value, 6);
  EXPECT_EQ(collector.found.size(), 5U);
}

TEST_P(ReadStreamContract, AVisitorMayPauseAnywhere) {
  const Log log = filled();
  for (std::size_t every = 1; every <= 11; ++every) {
    EXPECT_EQ(log.read(from(0), every).positions(), numbers(0, 10)) << every;
    EXPECT_EQ(log.read(from(2, 7), every).positions(), numbers(2, 9)) << every;
    StreamCursor cursor = from(0);
    cursor.from_global = GlobalPosition{6};
    EXPECT_EQ(log.read(cursor, every).positions(), numbers(3, 10)) << every;
  }
}

TEST_P(ReadStreamContract, APausedReadSaysMoreUnlessNoMoreAreWanted) {
  const Log log = filled();
  test::MessageCollector collector(1);
  StreamCursor cursor = from(0, 2);
  EXPECT_EQ(must(log.step(cursor, collector)), ReadState::kMore);
  EXPECT_EQ(cursor.next.value, 1);
  EXPECT_EQ(cursor.remaining, 1);
  EXPECT_EQ(must(log.step(cursor, collector)), ReadState::kDone);
  EXPECT_EQ(cursor.remaining, 0);
  EXPECT_EQ(must(log.step(cursor, collector)), ReadState::kDone);
  EXPECT_EQ(collector.found.size(), 2U);
}

TEST_P(ReadStreamContract, ALongStreamComesInStepsOfBoundedWork) {
  const Log log = create();
  constexpr std::size_t kCount = 2 * limits::kReadStepRowsMax + 1000;
  log.append_many("account-1", kCount);
  test::MessageCollector collector;
  StreamCursor cursor = from(0);
  std::size_t calls = 0;
  for (bool more = true; more; ++calls) {
    const std::size_t before = collector.found.size();
    more = must(log.step(cursor, collector)) == ReadState::kMore;
    EXPECT_LE(collector.found.size() - before, limits::kReadStepRowsMax);
  }
  EXPECT_GE(calls, 3U);
  ASSERT_EQ(collector.found.size(), kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(collector.found[i].position.value, static_cast<std::int64_t>(i));
  }
}

TEST_P(ReadStreamContract, AnyStartOfALongStreamIsFound) {
  const Log log = create();
  for (int i = 0; i < 10; ++i) {
    log.append_many("account-1", 3000);
    log.append_many("other-1", 50);
  }
  for (std::int64_t start = 0; start < 30'000; start += 997) {
    ASSERT_EQ(log.read(from(start, 3)).positions(), numbers(start, std::min(start + 3, 30'000L)));
  }
}

TEST_P(ReadStreamContract, VersionIsTheLastPosition) {
  const Log log = create();
  for (std::int64_t i = 0; i < 5; ++i) {
    must(log.append(event("account-1")));
    EXPECT_EQ(must(log.version("account-1"))->value, i);
  }
}

TEST_P(ReadStreamContract, LastIsTheHighestPosition) {
  const Log log = filled();
  const auto last = must(log.last("account-1"));
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->position.value, 9);
  EXPECT_EQ(last->global_position.value, 19);
  EXPECT_EQ(*last, log.read_stream("account-1").messages.back());
}

TEST_P(ReadStreamContract, LastOfAType) {
  const Log log = create();
  const auto append = [&](std::string_view type) {
    NewMessage message = event("account-1");
    message.type = type;
    must(log.append(message));
  };
  for (const auto* type : {"A", "B", "A", "C", "C"}) append(type);
  NewMessage elsewhere = event("account-2");
  elsewhere.type = "D";
  must(log.append(elsewhere));
  EXPECT_EQ(must(log.last("account-1", "A"))->position.value, 2);
  EXPECT_EQ(must(log.last("account-1", "B"))->position.value, 1);
  EXPECT_EQ(must(log.last("account-1", "C"))->position.value, 4);
  EXPECT_EQ(must(log.last("account-1", ""))->position.value, 4);
  EXPECT_FALSE(must(log.last("account-1", "D")).has_value());
  EXPECT_FALSE(must(log.last("account-1", "a")).has_value()) << "exactly this type";
  EXPECT_FALSE(must(log.last("account-1", "AA")).has_value());
  append("B");
  EXPECT_EQ(must(log.last("account-1", "B"))->position.value, 5);
}

TEST_P(ReadStreamContract, LastOfATypeThatIsFarBack) {
  const Log log = create();
  NewMessage rare = event("account-1");
  rare.type = "Rare";
  must(log.append(rare));
  log.append_many("account-1", 30'000);
  EXPECT_EQ(must(log.last("account-1", "Rare"))->position.value, 0);
  EXPECT_FALSE(must(log.last("account-1", "Never")).has_value());
}

}  // namespace
}  // namespace eventodb::contract
