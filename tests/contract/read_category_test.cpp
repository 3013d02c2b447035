#include <numeric>

#include "contract/store_contract.hpp"

namespace eventodb::contract {
namespace {

using Globals = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

class ReadCategoryContract : public StoreContract {
 protected:
  static CategoryCursor of(std::string_view category, std::int64_t next = 0,
                           std::int64_t remaining = -1) {
    return {.category = category, .next = {next}, .remaining = remaining};
  }

  static void append_to(const Log& log, const Names& streams) {
    for (const auto& stream : streams) must(log.append(event(stream)));
  }
};
EVENTODB_FOR_EVERY_BACKEND(ReadCategoryContract);

TEST_P(ReadCategoryContract, HasTheStreamsOfTheCategoryAndNoOthers) {
  const Log log = create();
  append_to(log, {"account-1", "accountLog-1", "Account-1", "account", "account-2+9", "acc-1",
                  "account:command-1", "account-1-x"});
  EXPECT_EQ(log.read(of("account")).streams(),
            (Names{"account-1", "account", "account-2+9", "account-1-x"}));
  EXPECT_EQ(log.read(of("account:command")).streams(), (Names{"account:command-1"}));
  EXPECT_EQ(log.read(of("Account")).streams(), (Names{"Account-1"}));
}

TEST_P(ReadCategoryContract, ANameWithADashOrUnknownHasNothing) {
  const Log log = create();
  append_to(log, {"account-1", "account-1-2"});
  for (const auto* category : {"account-1", "account-", "accoun", "accounts", "-"}) {
    EXPECT_TRUE(log.read(of(category)).messages.empty()) << category;
  }
}

TEST_P(ReadCategoryContract, TheEmptyNameIsTheWholeNamespace) {
  const Log log = create();
  EXPECT_TRUE(log.read(of("")).messages.empty());
  append_to(log, {"a-1", "b", "-x", "a-2", "c-1"});
  const auto read = log.read(of(""));
  EXPECT_EQ(read.streams(), (Names{"a-1", "b", "-x", "a-2", "c-1"}));
  EXPECT_EQ(read.global_positions(), (Globals{1, 2, 3, 4, 5}));
}

TEST_P(ReadCategoryContract, StartsAtAGlobalPosition) {
  const Log log = create();
  append_to(log, {"a-1", "b-1", "a-2", "b-2", "a-1"});
  EXPECT_EQ(log.read(of("a", 1)).global_positions(), (Globals{1, 3, 5}));
  EXPECT_EQ(log.read(of("a", 2)).global_positions(), (Globals{3, 5}));
  EXPECT_EQ(log.read(of("a", 3)).global_positions(), (Globals{3, 5}));
  EXPECT_EQ(log.read(of("a", 5)).global_positions(), (Globals{5}));
  EXPECT_TRUE(log.read(of("a", 6)).messages.empty());
  EXPECT_TRUE(log.read(of("a", kMax)).messages.empty());
  EXPECT_EQ(log.read(of("a", kMin)).global_positions(), (Globals{1, 3, 5}));
  EXPECT_EQ(log.read(of("", 4)).global_positions(), (Globals{4, 5}));
  EXPECT_EQ(log.read(of("", kMin)).messages.size(), 5U);
  EXPECT_TRUE(log.read(of("", kMax)).messages.empty());
}

TEST_P(ReadCategoryContract, StopsWhenNoMoreAreWanted) {
  const Log log = create();
  append_to(log, {"a-1", "b-1", "a-2", "b-2", "a-1"});
  EXPECT_TRUE(log.read(of("a", 0, 0)).messages.empty());
  EXPECT_EQ(log.read(of("a", 0, 2)).global_positions(), (Globals{1, 3}));
  EXPECT_EQ(log.read(of("a", 0, kMax)).global_positions(), (Globals{1, 3, 5}));
  EXPECT_EQ(log.read(of("", 2, 3)).global_positions(), (Globals{2, 3, 4}));
  test::MessageCollector collector;
  CategoryCursor cursor = of("a", 0, 2);
  EXPECT_EQ(must(log.step(cursor, collector)), ReadState::kDone);
  EXPECT_EQ(cursor.next.value, 4);
  EXPECT_EQ(cursor.remaining, 0);
}

TEST_P(ReadCategoryContract, AVisitorMayPauseAnywhere) {
  const Log log = create();
  for (int i = 0; i < 10; ++i) {
    must(log.append({event("a-1", "{}", R"({"correlationStreamName":"flow-1"})"), event("b-1")}));
  }
  const Globals odd = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
  Globals all(20);
  std::iota(all.begin(), all.end(), 1);
  CategoryCursor correlated = of("");
  correlated.correlation = "flow";
  for (std::size_t every = 1; every <= 11; ++every) {
    EXPECT_EQ(log.read(of("a"), every).global_positions(), odd) << every;
    EXPECT_EQ(log.read(of(""), every).global_positions(), all) << every;
    EXPECT_EQ(log.read(correlated, every).global_positions(), odd) << every;
    EXPECT_EQ(log.read(of("a", 4, 3), every).global_positions(), (Globals{5, 7, 9})) << every;
  }
}

TEST_P(ReadCategoryContract, PagesOfThreeOverTenAmongAThousandOthers) {
  const Log log = create();
  for (int i = 0; i < 10; ++i) {
    must(log.append(event("wanted-3", "{}", R"({"correlationStreamName":"flow-1"})")));
    log.append_many("wanted-1", 50);  // same category, another member
    log.append_many("other-3", 50);
  }
  CategoryCursor by_group = of("wanted");
  by_group.group = ConsumerGroup{.member = 2, .size = 3};
  CategoryCursor by_correlation = of("");
  by_correlation.correlation = "flow";
  CategoryCursor by_both = by_group;
  by_both.correlation = "flow";
  for (CategoryCursor start : {by_group, by_correlation, by_both}) {
    std::vector<std::size_t> sizes;
    for (std::size_t size = 1; size != 0;) {
      start.remaining = 3;
      const auto page = log.read(start);
      size = page.messages.size();
      sizes.push_back(size);
      for (const auto& message : page.messages) EXPECT_EQ(message.stream, "wanted-3");
      if (size != 0) start.next = {page.global_positions().back() + 1};
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 3, 3, 1, 0}));
  }
}

TEST_P(ReadCategoryContract, AFilterThatMatchesNothingIsDoneInBoundedSteps) {
  const Log log = create();
  const NewMessage in_flow = event("many-1", "{}", R"({"correlationStreamName":"flow-1"})");
  for (int i = 0; i < 50; ++i) must(log.append(std::vector<NewMessage>(1000, in_flow)));
  log.append_many("many-1", 1000);
  CategoryCursor both = of("many");
  both.group = ConsumerGroup{.member = 1, .size = 2};  // "1" belongs to member 0
  both.correlation = "flow";
  CategoryCursor everywhere = both;
  everywhere.category = "";
  for (const auto& cursor : {both, everywhere}) {
    const auto read = log.read(cursor);
    EXPECT_TRUE(read.messages.empty());
    EXPECT_GE(read.calls, 3U) << "50,000 messages are more than two steps may look at";
  }
  CategoryCursor correlated = of("many", 50'001);
  correlated.correlation = "flow";
  EXPECT_TRUE(log.read(correlated).messages.empty());
  correlated.correlation = "unknown";
  EXPECT_TRUE(log.read(correlated).messages.empty());
}

TEST_P(ReadCategoryContract, AFilterFindsWhatLiesBehindManyOthers) {
  const Log log = create();
  log.append_many("many-1", 45'000);
  must(log.append(event("many-2", "{}", R"({"correlationStreamName":"flow-1"})")));
  log.append_many("many-1", 100);
  CategoryCursor group = of("many", 0, 1);
  group.group = ConsumerGroup{.member = 1, .size = 2};
  EXPECT_EQ(log.read(group).global_positions(), (Globals{45'001}));
  CategoryCursor correlated = of("", 0, 10);
  correlated.correlation = "flow";
  EXPECT_EQ(log.read(correlated).global_positions(), (Globals{45'001}));
}

TEST_P(ReadCategoryContract, Correlation) {
  const Log log = create();
  const std::vector<std::pair<std::string, bool>> rows = {
      {R"({"correlationStreamName":"workflow-123"})", true},
      {R"({"correlationStreamName":"workflow"})", true},
      {R"({"correlationStreamName":"Workflow-123"})", false},
      {R"({"correlationStreamName":"workflowX-1"})", false},
      {R"({"correlationStreamName":5})", false},
      {R"({"correlationStreamName":null})", false},
      {R"({"correlationStreamName":["workflow-1"]})", false},
      {R"({"other":"workflow-1"})", false},
      {"", false},
      {"{}", false},
      {R"({"a":{"correlationStreamName":"workflow-1"}})", false},
      {R"({"a":"correlationStreamName","b":"workflow-1"})", false},
      {R"({"a":[1,{"b":"}"}],"correlationStreamName":"workflow-1+2-3","z":1})", true},
      {R"({"correlationStreamName":"x-1","correlationStreamName":"workflow-1"})", true},
      {R"({"correlationStreamName":"workflow-1","correlationStreamName":"x-1"})", false},
      {R"({"correlationStreamName":"workflow-1","correlationStreamName":5})", false},
      {R"({"\u0063orrelationStreamName":"workflow-1"})", true},
      {R"({"correlationStreamName":"work\u0066low-1"})", true},
      {R"({"correlationStreamName":""})", false},
      {R"({"correlationStreamName":"-workflow"})", false}};
  Globals expected;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    must(log.append(event(i % 2 == 0 ? "a-1" : "b-1", "{}", rows[i].first)));
    if (rows[i].second) expected.push_back(static_cast<std::int64_t>(i) + 1);
  }
  CategoryCursor cursor = of("");
  cursor.correlation = "workflow";
  EXPECT_EQ(log.read(cursor).global_positions(), expected);
  for (const auto* none : {"workflow-123", "work", "workflo%", "WORKFLOW", "-"}) {
    cursor.correlation = none;
    EXPECT_TRUE(log.read(cursor).messages.empty()) << none;
  }
  cursor.correlation = "";
  EXPECT_EQ(log.read(cursor).messages.size(), rows.size());
}

TEST_P(ReadCategoryContract, CorrelationHoldsTogetherWithTheCategory) {
  const Log log = create();
  const std::string_view metadata = R"({"correlationStreamName":"flow-1"})";
  for (int i = 0; i < 5; ++i) {
    must(log.append({event("a-1", "{}", metadata), event("b-1", "{}", metadata), event("a-2")}));
  }
  must(log.append(std::vector<NewMessage>(20, event("c-1", "{}", metadata))));
  CategoryCursor cursor = of("a");
  cursor.correlation = "flow";
  EXPECT_EQ(log.read(cursor).global_positions(), (Globals{1, 4, 7, 10, 13}));
  cursor.category = "c";
  EXPECT_EQ(log.read(cursor).messages.size(), 20U);
  cursor.category = "none";
  EXPECT_TRUE(log.read(cursor).messages.empty());
}

struct GroupRow {
  const char* stream;
  std::int64_t member_of_2, member_of_3, member_of_4;  // protocol 3.7
};
constexpr GroupRow kGroupTable[] = {{"account-1", 0, 0, 2},
                                    {"account-2", 1, 1, 1},
                                    {"account-3", 0, 2, 2},
                                    {"account-4", 1, 0, 3},
                                    {"account-123", 1, 1, 3},
                                    {"account-123+456", 1, 1, 3},
                                    {"account-456", 1, 1, 3},
                                    {"order-abc", 0, 2, 0},
                                    {"account-profile-9", 0, 0, 0},
                                    {"account:command-7", 0, 2, 2},
                                    {"user-550e8400-e29b-41d4-a716-446655440000", 0, 1, 0},
                                    {"cart-\xc3\xa9t\xc3\xa9", 0, 0, 0},
                                    {"account-", 0, 2, 0},
                                    {"account-+x", 0, 2, 0},
                                    {"account", -1, -1, -1}};

TEST_P(ReadCategoryContract, EveryStreamGoesToTheMemberOfTheTable) {
  const Log log = create();
  for (const auto& row : kGroupTable) must(log.append(event(row.stream)));
  for (std::int64_t size = 2; size <= 4; ++size) {
    for (std::int64_t member = 0; member < size; ++member) {
      CategoryCursor cursor = of("");
      cursor.group = ConsumerGroup{.member = member, .size = size};
      Names expected;
      for (const auto& row : kGroupTable) {
        const std::int64_t owner =
            size == 2 ? row.member_of_2 : (size == 3 ? row.member_of_3 : row.member_of_4);
        if (owner == member) expected.emplace_back(row.stream);
      }
      EXPECT_EQ(log.read(cursor).streams(), expected) << member << " of " << size;
    }
  }
}

TEST_P(ReadCategoryContract, MembersTogetherHaveTheCategoryOnceButForStreamsWithoutADash) {
  const Log log = create();
  for (int i = 0; i < 60; ++i) must(log.append(event("a-" + std::to_string(i))));
  must(log.append(event("a")));
  for (const std::int64_t size : {1, 2, 3, 7}) {
    std::vector<int> seen(62);
    for (std::int64_t member = 0; member < size; ++member) {
      CategoryCursor cursor = of("a");
      cursor.group = ConsumerGroup{.member = member, .size = size};
      for (const auto global : log.read(cursor, 2).global_positions()) {
        ++seen[static_cast<std::size_t>(global)];
      }
    }
    EXPECT_EQ(seen[61], 0) << "the stream without a dash belongs to no member";
    for (std::size_t i = 1; i <= 60; ++i) EXPECT_EQ(seen[i], 1) << i;
  }
}

TEST_P(ReadCategoryContract, GroupHoldsTogetherWithEveryOtherCondition) {
  const Log log = create();
  const std::string_view metadata = R"({"correlationStreamName":"flow-1"})";
  for (int i = 0; i < 5; ++i) {
    must(log.append({event("account-1", "{}", metadata), event("account-2", "{}", metadata),
                     event("account-3"), event("order-abc", "{}", metadata)}));
  }
  CategoryCursor cursor = of("account", 4, 2);
  cursor.group = ConsumerGroup{.member = 0, .size = 2};
  EXPECT_EQ(log.read(cursor).global_positions(), (Globals{5, 7}));
  cursor.correlation = "flow";
  EXPECT_EQ(log.read(cursor).global_positions(), (Globals{5, 9}));
  cursor.category = "";
  cursor.remaining = 3;
  EXPECT_EQ(log.read(cursor).global_positions(), (Globals{4, 5, 8}));
}

}  // namespace
}  // namespace eventodb::contract
