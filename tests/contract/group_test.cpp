#include <random>

#include "contract/store_contract.hpp"

// Reads with a consumer group find what a filter over all messages finds, and a store with files
// does not look at every message of the others for it.
namespace eventodb::contract {
namespace {

/// A group so large that hardly two streams share a member.
constexpr std::int64_t kManyMembers = 1'000'000'007;

std::string stream(std::int64_t n) {
  return "a-" + std::to_string(n);
}

ConsumerGroup member_of(const std::string& name, std::int64_t size) {
  const std::uint64_t hash = *group_hash_of(name);
  return {.member = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(size)),
          .size = size};
}

CategoryCursor of_member(std::string_view category, ConsumerGroup group, std::int64_t next = 0,
                         std::int64_t remaining = -1) {
  return {.category = category, .next = {next}, .remaining = remaining, .group = group};
}

class GroupContract : public StoreContract {
 protected:
  static void append_all(const Log& log, const std::vector<std::string>& names) {
    constexpr std::size_t kBatch = 500;
    std::vector<NewMessage> batch;
    for (const auto& name : names) {
      batch.push_back(event(name));
      if (batch.size() < kBatch && &name != &names.back()) continue;
      must(log.append(batch));
      batch.clear();
    }
  }

  /// Messages of random streams, two of them hot, among some of other categories.
  void append_some(const Log& log, std::int64_t streams, int messages) {
    std::vector<std::string> names;
    for (int i = 0; i < messages; ++i) {
      const std::int64_t n = below(chance(80) ? 2 : streams);
      names.push_back(chance(5) ? (chance(50) ? "a" : "b-" + std::to_string(n)) : stream(n));
    }
    append_all(log, names);
  }

  void expect_what_a_filter_finds(const Log& log, std::int64_t streams) {
    const auto all = log.read_all().messages;
    for (int i = 0; i < 60; ++i) {
      static constexpr std::int64_t kSizes[] = {1, 2, 3, 16, 1000, kManyMembers};
      ConsumerGroup group = member_of(stream(below(streams)), kSizes[below(6)]);
      if (chance(20)) group.member = below(group.size);
      const std::string category = chance(85) ? "a" : "";
      const std::int64_t from = below(static_cast<std::int64_t>(all.size()) + 10) - 3;
      const std::int64_t remaining = chance(30) ? -1 : below(300);
      std::vector<OwnedMessage> wanted;
      for (const auto& message : all) {
        if (static_cast<std::int64_t>(wanted.size()) == remaining) break;
        if (message.global_position.value >= from &&
            (category.empty() || category_of(message.stream) == category) &&
            is_member(group_hash_of(message.stream), group)) {
          wanted.push_back(message);
        }
      }
      const auto pause_every = static_cast<std::size_t>(chance(50) ? 0 : 1 + below(100));
      const auto read = log.read(of_member(category, group, from, remaining), pause_every);
      ASSERT_EQ(read.messages, wanted)
          << "member " << group.member << " of " << group.size << " in '" << category << "' from "
          << from << ", " << remaining << " wanted";
    }
  }

  std::int64_t below(std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
  }
  bool chance(int percent) { return below(100) < percent; }

 private:
  std::mt19937_64 random_{20261121};
};
EVENTODB_FOR_EVERY_BACKEND(GroupContract);

TEST_P(GroupContract, AMemberFindsWhatAFilterFinds) {
  for (const std::int64_t streams : {1, 60, 700}) {
    const std::string id = "streams" + std::to_string(streams);
    {
      const Log log = create(id);
      append_some(log, streams, 5000);
      ASSERT_NO_FATAL_FAILURE(expect_what_a_filter_finds(log, streams)) << streams;
    }
    if (!GetParam().is_persistent) continue;
    reopen();  // what was written is indexed now; what follows is in memory first
    const Log log(io_, find(id));
    ASSERT_NO_FATAL_FAILURE(expect_what_a_filter_finds(log, streams)) << streams;
    append_some(log, streams, 2000);
    ASSERT_NO_FATAL_FAILURE(expect_what_a_filter_finds(log, streams)) << streams;
  }
}

TEST_P(GroupContract, AMemberOfManyStreamsFindsThemBehindManyOthers) {
  constexpr std::int64_t kStreams = 6000;
  const std::string other = "a-other";
  const ConsumerGroup group = {.member = 1 - member_of(other, 2).member, .size = 2};
  std::vector<std::string> names;
  for (std::int64_t n = 0; n < kStreams; ++n) names.push_back(stream(n * 7919 % kStreams));
  {
    const Log log = create();
    append_all(log, names);
    log.append_many(other, 60'000);
    append_all(log, names);
    append_all(log, names);
  }
  if (GetParam().is_persistent) reopen();
  const Log log(io_, find("test"));
  std::vector<std::int64_t> wanted;
  for (const auto& message : log.read_all().messages) {
    if (is_member(group_hash_of(message.stream), group)) {
      wanted.push_back(message.global_position.value);
    }
  }
  ASSERT_GT(wanted.size(), 2000U);
  for (const auto* category : {"a", ""}) {
    EXPECT_EQ(log.read(of_member(category, group)).global_positions(), wanted) << category;
    EXPECT_EQ(log.read(of_member(category, group), 700).global_positions(), wanted) << category;
  }
}

/// Backends with files. A call of a read looks at a bounded number of rows
/// (limits::kReadStepRowsMax), so the calls tell how much was looked at.
class GroupWorkContract : public GroupContract {
 protected:
  static constexpr std::size_t kOthers = 150'000;
  static constexpr std::int64_t kStreams = 200;

  /// Every stream once, then many of stream 0, one of stream 1 every now and then.
  void fill(std::size_t between) {
    const Log log = create();
    for (std::int64_t n = 0; n < kStreams; ++n) must(log.append(event(stream(n))));
    for (std::size_t done = 0; done < kOthers; done += between) {
      log.append_many(stream(0), between);
      must(log.append(event(stream(1))));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Each, GroupWorkContract, ::testing::ValuesIn(persistent_backends()),
                         name_of);

TEST_P(GroupWorkContract, AMemberWithoutMessagesIsNotAScan) {
  fill(kOthers);
  reopen();
  const Log log(io_, find("test"));
  for (const auto* category : {"a", ""}) {
    const auto nobody = log.read(of_member(category, {.member = 12'345, .size = kManyMembers}));
    EXPECT_TRUE(nobody.messages.empty());
    EXPECT_LE(nobody.calls, 2U);
    const auto done = log.read(of_member(category, member_of(stream(7), kManyMembers), 9));
    EXPECT_TRUE(done.messages.empty());
    EXPECT_LE(done.calls, 2U);
  }
}

TEST_P(GroupWorkContract, AFewMessagesAmongManyAreNotAScan) {
  fill(5000);
  reopen();
  const Log log(io_, find("test"));
  const ConsumerGroup group = member_of(stream(1), kManyMembers);
  for (const auto* category : {"a", ""}) {
    const auto all = log.read(of_member(category, group));
    EXPECT_EQ(all.messages.size(), 31U);
    EXPECT_LE(all.calls, 2U);
    const auto page = log.read(of_member(category, group, 2000, 30));
    EXPECT_EQ(page.messages.size(), 30U);
    EXPECT_EQ(page.calls, 1U);
  }
}

}  // namespace
}  // namespace eventodb::contract
