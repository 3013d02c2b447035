#include <algorithm>
#include <set>

#include "contract/store_contract.hpp"

namespace eventodb::contract {
namespace {

using Names = std::vector<std::string>;

Names names_of(const std::vector<StreamRow>& rows) {
  Names names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

class ListingContract : public StoreContract {};
EVENTODB_FOR_EVERY_BACKEND(ListingContract);

TEST_P(ListingContract, AnEmptyNamespaceHasNothing) {
  const Log log = create();
  EXPECT_TRUE(must(log.streams()).empty());
  EXPECT_TRUE(must(log.categories()).empty());
  EXPECT_EQ(must(log.head()).value, 0);
  const auto info = must(log.info());
  EXPECT_EQ(info.message_count, 0);
  EXPECT_EQ(info.stream_count, 0);
  EXPECT_FALSE(info.last_activity.has_value());
}

TEST_P(ListingContract, InfoCountsExactly) {
  const Log log = create();
  for (int i = 0; i < 5; ++i) must(log.append({event("a-1"), event("b-" + std::to_string(i))}));
  const auto info = must(log.info());
  EXPECT_EQ(info.message_count, 10);
  EXPECT_EQ(info.stream_count, 6);
  ASSERT_TRUE(info.last_activity.has_value());
  EXPECT_EQ(*info.last_activity, log.read_all().messages.back().time);
  EXPECT_EQ(must(log.head()).value, 10);
}

TEST_P(ListingContract, StreamsAreSortedByTheirBytesWithVersionAndTime) {
  const Log log = create();
  for (const auto* name : {"a-1", "B-1", "\xc3\xa9-1", "a-10", "a-2", "_", "a", "a-1"}) {
    must(log.append(event(name)));
  }
  const auto rows = must(log.streams());
  EXPECT_EQ(names_of(rows), (Names{"B-1", "_", "a", "a-1", "a-10", "a-2", "\xc3\xa9-1"}));
  for (const auto& row : rows) {
    const auto last = must(log.last(row.name));
    EXPECT_EQ(row.version, last->position.value) << row.name;
    EXPECT_EQ(row.last_activity, last->time) << row.name;
  }
  EXPECT_EQ(rows.at(3).version, 1);
}

TEST_P(ListingContract, ThePrefixIsLiteral) {
  const Log log = create();
  for (const auto* name : {"acc_-1", "account-1", "acc%-1", "ACC-1", "acc-1", "ac", "acd"}) {
    must(log.append(event(name)));
  }
  EXPECT_EQ(names_of(must(log.streams("acc_"))), (Names{"acc_-1"}));
  EXPECT_EQ(names_of(must(log.streams("acc%"))), (Names{"acc%-1"}));
  EXPECT_EQ(names_of(must(log.streams("ACC"))), (Names{"ACC-1"}));
  EXPECT_EQ(names_of(must(log.streams("acc"))), (Names{"acc%-1", "acc-1", "acc_-1", "account-1"}));
  EXPECT_EQ(names_of(must(log.streams("acd"))), (Names{"acd"}));
  EXPECT_TRUE(must(log.streams("ace")).empty());
  EXPECT_TRUE(must(log.streams("acc-11")).empty());
}

TEST_P(ListingContract, ThePrefixMayEndInTheHighestByte) {
  const Log log = create();
  for (const auto* name : {"a", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf-1", "b"}) {
    must(log.append(event(name)));
  }
  EXPECT_EQ(names_of(must(log.streams("\xf4\x8f\xbf\xbf"))),
            (Names{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf-1"}));
}

TEST_P(ListingContract, AfterNeedsToBeNoStream) {
  const Log log = create();
  for (const auto* name : {"a-1", "a-2", "b-1", "c-1"}) must(log.append(event(name)));
  EXPECT_EQ(names_of(must(log.streams("", "a-1"))), (Names{"a-2", "b-1", "c-1"}));
  EXPECT_EQ(names_of(must(log.streams("", "a-11"))), (Names{"a-2", "b-1", "c-1"}));
  EXPECT_EQ(names_of(must(log.streams("", "a"))), (Names{"a-1", "a-2", "b-1", "c-1"}));
  EXPECT_TRUE(must(log.streams("", "c-1")).empty());
  EXPECT_EQ(names_of(must(log.streams("a", "a-1"))), (Names{"a-2"}));
  EXPECT_TRUE(must(log.streams("a", "b")).empty()) << "behind the prefix's last";
  EXPECT_EQ(names_of(must(log.streams("b", "a-1"))), (Names{"b-1"})) << "before its first";
}

TEST_P(ListingContract, PagingVisitsEveryStreamOnce) {
  const Log log = create();
  std::set<std::string> wanted;
  for (int i = 0; i < 57; ++i) {
    wanted.insert("s-" + std::to_string(i));
    must(log.append(event("s-" + std::to_string(i))));
  }
  for (const std::int64_t limit : {1, 7, 57, 1000}) {
    Names seen;
    for (std::string after;;) {
      const auto page = must(log.streams("s-", after, limit));
      ASSERT_LE(page.size(), static_cast<std::size_t>(limit));
      if (page.empty()) break;
      for (const auto& row : page) seen.push_back(row.name);
      after = seen.back();
    }
    EXPECT_EQ(seen, Names(wanted.begin(), wanted.end())) << limit;
  }
}

TEST_P(ListingContract, CategoriesAreCountedExactlyAndSorted) {
  const Log log = create();
  for (const auto* name : {"account-1", "account-1", "account-2", "account", "account:command-1",
                           "Zebra-1", "-x", "account:command-1"}) {
    must(log.append(event(name)));
  }
  EXPECT_EQ(must(log.categories()),
            (std::vector<CategoryRow>{
                {"", 1, 1}, {"Zebra", 1, 1}, {"account", 3, 4}, {"account:command", 1, 2}}));
}

TEST_P(ListingContract, HoldsWithTenThousandStreamsAndAHundredThousandMessages) {
  const Log log = create();
  constexpr int kStreams = 10'000;
  Names names;
  for (int i = 0; i < kStreams; ++i) {
    names.push_back("category" + std::to_string(i % 10) + "-" + std::to_string(i));
  }
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < names.size(); i += 1000) {
      std::vector<NewMessage> batch;
      for (std::size_t k = i; k < i + 1000; ++k) batch.push_back(event(names[k]));
      must(log.append(batch));
    }
  }
  const auto info = must(log.info());
  EXPECT_EQ(info.message_count, 100'000);
  EXPECT_EQ(info.stream_count, kStreams);
  const auto categories = must(log.categories());
  ASSERT_EQ(categories.size(), 10U);
  for (const auto& category : categories) {
    EXPECT_EQ(category.stream_count, 1000);
    EXPECT_EQ(category.message_count, 10'000);
  }
  std::sort(names.begin(), names.end());
  Names seen;
  for (std::string after;;) {
    const auto page = must(log.streams("", after, 1000));
    if (page.empty()) break;
    for (const auto& row : page) {
      ASSERT_EQ(row.version, 9) << row.name;
      seen.push_back(row.name);
    }
    after = seen.back();
  }
  EXPECT_EQ(seen, names);
  const auto last = log.read_stream(names[4321]);
  EXPECT_EQ(last.messages.size(), 10U);
  EXPECT_EQ(log.read(CategoryCursor{.category = "category3", .next = {0}, .remaining = -1})
                .messages.size(),
            10'000U);
}

}  // namespace
}  // namespace eventodb::contract
