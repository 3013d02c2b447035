// Categories: items 97 to 114 of the protocol's checklist.
#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

class CategoriesFixture : public EveryBackend {
 protected:
  Reply get(std::string_view category, std::string_view options = "{}") {
    return own_.ok("[\"category.get\"," + json_text(category) + "," + std::string(options) + "]");
  }
  /// The streams of the messages, each followed by a space.
  std::string streams(std::string_view category, std::string_view options = "{}") {
    std::string list;
    const auto reply = get(category, options);
    for (const auto& tuple : reply.json().as_array()) list += as_string(tuple.at(1)) + " ";
    return list;
  }
  /// Sizes of the pages until an empty one, reading on behind the last global position.
  std::string page_sizes(std::string_view category, const std::string& filter) {
    std::string sizes;
    std::int64_t next = 0;
    for (;;) {
      const auto reply =
          get(category, "{\"batchSize\":3,\"position\":" + std::to_string(next) + filter + "}");
      const auto& page = reply.json().as_array();
      sizes += std::to_string(page.size()) + " ";
      if (page.empty()) return sizes;
      next = as_int(page.back().at(4)) + 1;
    }
  }
};

using WireCategories = CategoriesFixture;
INSTANTIATE_TEST_SUITE_P(Wire, WireCategories,
                         testing::Values(Backend::kTestMode, Backend::kSqlite), backend_name);

TEST_P(WireCategories, Item097TuplesNameTheirStream) {
  own_.write("account-1", R"({"n":1})", R"({"m":1})");
  own_.write("order-1");
  own_.write("account-2");
  const auto reply = get("account");
  ASSERT_EQ(reply.json().as_array().size(), 2u);
  for (const auto& tuple : reply.json().as_array()) {
    ASSERT_EQ(tuple.as_array().size(), 8u);
    EXPECT_TRUE(tuple.at(0).is_string());
    EXPECT_TRUE(as_string(tuple.at(1)).starts_with("account-"));
    EXPECT_EQ(tuple.at(2), "T");
    EXPECT_EQ(as_int(tuple.at(3)), 0);
    EXPECT_TRUE(tuple.at(4).is_int64());
    EXPECT_TRUE(tuple.at(5).is_object());
    EXPECT_TRUE(tuple.at(7).is_string());
  }
  EXPECT_TRUE(reply.json().at(0).at(6).is_object());
  EXPECT_TRUE(reply.json().at(1).at(6).is_null());
}

TEST_P(WireCategories, Item098TheWholeCategoryMatches) {
  for (const char* stream :
       {"account-1", "accountLog-1", "Account-1", "account", "acc-1", "account:x-1"}) {
    own_.write(stream);
  }
  EXPECT_EQ(streams("account"), "account-1 account ");
}

TEST_P(WireCategories, Item099ANameWithADashMatchesNothing) {
  own_.write("account-1");
  EXPECT_EQ(get("account-1").body(), "[]");
  EXPECT_EQ(get("account-").body(), "[]");
  EXPECT_EQ(get("-").body(), "[]");
}

TEST_P(WireCategories, Item100TheEmptyNameIsEverything) {
  for (const char* stream : {"b-1", "a-1", "c", "a-1", "-x"}) own_.write(stream);
  EXPECT_EQ(streams(""), "b-1 a-1 c a-1 -x ");
}

TEST_P(WireCategories, Item101OrderIsByGlobalPosition) {
  for (const char* stream : {"a-3", "a-1", "a-2", "a-1", "a-3"}) own_.write(stream);
  EXPECT_EQ(streams("a"), "a-3 a-1 a-2 a-1 a-3 ");
  const auto reply = get("a");
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_LT(as_int(reply.json().at(i - 1).at(4)), as_int(reply.json().at(i).at(4)));
  }
}

TEST_P(WireCategories, Item102PositionIsGlobalAndInclusive) {
  for (const char* stream : {"a-1", "b-1", "a-2", "a-3"}) own_.write(stream);  // 1 to 4
  EXPECT_EQ(streams("a", R"({"position":3})"), "a-2 a-3 ");
  EXPECT_EQ(streams("a", R"({"position":2})"), "a-2 a-3 ");
  EXPECT_EQ(streams("a", R"({"position":5})"), "");
  EXPECT_EQ(streams("a", R"({"globalPosition":4})"), "a-3 ");
  EXPECT_EQ(streams("a", R"({"globalPosition":4,"position":1})"), "a-3 ");
  EXPECT_EQ(streams("a", R"({"globalPosition":1,"position":4})"), "a-1 a-2 a-3 ");
}

TEST_P(WireCategories, Item103WithoutAPositionFromTheLowest) {
  for (const char* stream : {"a-1", "a-2"}) own_.write(stream);
  EXPECT_EQ(streams("a"), "a-1 a-2 ");
  EXPECT_EQ(streams("a", R"({"position":-9223372036854775808})"), "a-1 a-2 ");
}

TEST_P(WireCategories, Item104BatchSizeAsForStreams) {
  for (int i = 0; i < 5; ++i) own_.write("a-" + std::to_string(i));
  EXPECT_EQ(streams("a", R"({"batchSize":2})"), "a-0 a-1 ");
  EXPECT_EQ(streams("a", R"({"batchSize":-1})"), "a-0 a-1 a-2 a-3 a-4 ");
  EXPECT_EQ(streams("a", R"({"batchSize":0})"), "a-0 a-1 a-2 a-3 a-4 ");
  for (const char* size : {"10001", "1000000", "-2", "\"5\"", "null", "1.5"}) {
    const std::string body = "[\"category.get\",\"a\",{\"batchSize\":" + std::string(size) + "}]";
    EXPECT_NE(own_.refused(body).find("batchSize"), std::string::npos) << size;
  }
}

TEST_P(WireCategories, Item105WrongArguments) {
  for (const char* body :
       {R"(["category.get"])", R"(["category.get",5])", R"(["category.get",null])",
        R"(["category.get","a",null])", R"(["category.get","a",[]])", R"(["category.get","a","x"])",
        R"(["category.get","a",{"position":"1"}])",
        R"(["category.get","a",{"globalPosition":[]}])"}) {
    own_.refused(body);
  }
}

TEST_P(WireCategories, Item106PagesAreFull) {
  for (int i = 0; i < 1000; ++i) {
    own_.write("other-" + std::to_string(i % 50));
    if (i % 100 == 50) {
      own_.write("a-1", "{}", R"({"correlationStreamName":"flow-1"})");  // cardinal id 1: member 0
    }
  }
  EXPECT_EQ(page_sizes("a", ""), "3 3 3 1 0 ");
  EXPECT_EQ(page_sizes("a", R"(,"correlation":"flow")"), "3 3 3 1 0 ");
  EXPECT_EQ(page_sizes("", R"(,"correlation":"flow")"), "3 3 3 1 0 ");
  EXPECT_EQ(page_sizes("a", R"(,"consumerGroup":{"member":0,"size":2})"), "3 3 3 1 0 ");
  EXPECT_EQ(page_sizes("", R"(,"correlation":"flow","consumerGroup":{"member":0,"size":2})"),
            "3 3 3 1 0 ");
  EXPECT_EQ(page_sizes("a", R"(,"consumerGroup":{"member":1,"size":2})"), "0 ");
}

TEST_P(WireCategories, Item107CorrelationIsTheCategoryOfAStreamName) {
  own_.write("c-1", "{}", R"({"correlationStreamName":"workflow-123"})");
  own_.write("c-2", "{}", R"({"correlationStreamName":"workflow"})");
  own_.write("c-3", "{}", R"({"correlationStreamName":"Workflow-123"})");
  own_.write("c-4", "{}", R"({"correlationStreamName":"workflowX-1"})");
  own_.write("c-5", "{}", R"({"correlationStreamName":5})");
  own_.write("c-6", "{}", R"({"other":"workflow-1"})");
  own_.write("c-7");
  own_.write("c-8", "{}", R"({"nested":{"correlationStreamName":"workflow-1"}})");
  own_.write("c-9", "{}", R"({"correlation\u0053treamName":"work\u0066low-9"})");
  own_.write("c-10", "{}",
             R"({"correlationStreamName":"x-1","correlationStreamName":"workflow-1"})");
  EXPECT_EQ(streams("c", R"({"correlation":"workflow"})"), "c-1 c-2 c-9 c-10 ");
  EXPECT_EQ(streams("", R"({"correlation":"workflow"})"), "c-1 c-2 c-9 c-10 ");
  EXPECT_EQ(streams("c", R"({"correlation":"workflow-123"})"), "");
  EXPECT_EQ(streams("c", R"({"correlation":"work%"})"), "");
  EXPECT_EQ(streams("c", R"({"correlation":"Workflow"})"), "c-3 ");
}

TEST_P(WireCategories, Item108AnEmptyCorrelationIsNoFilter) {
  own_.write("c-1", "{}", R"({"correlationStreamName":"workflow-123"})");
  own_.write("c-2");
  EXPECT_EQ(streams("c", R"({"correlation":""})"), "c-1 c-2 ");
  own_.refused(R"(["category.get","c",{"correlation":5}])");
  own_.refused(R"(["category.get","c",{"correlation":null}])");
}

struct MemberRow {
  const char* stream;
  std::array<int, 3> members;  ///< for sizes 2, 3 and 4; -1: none
};

constexpr MemberRow kMembers[] = {
    {"account-1", {0, 0, 2}},
    {"account-2", {1, 1, 1}},
    {"account-3", {0, 2, 2}},
    {"account-4", {1, 0, 3}},
    {"account-123", {1, 1, 3}},
    {"account-123+456", {1, 1, 3}},
    {"account-456", {1, 1, 3}},
    {"order-abc", {0, 2, 0}},
    {"account-profile-9", {0, 0, 0}},
    {"account:command-7", {0, 2, 2}},
    {"user-550e8400-e29b-41d4-a716-446655440000", {0, 1, 0}},
    {"cart-\xc3\xa9t\xc3\xa9", {0, 0, 0}},
    {"account-", {0, 2, 0}},
    {"account", {-1, -1, -1}},
};

std::string group(std::int64_t member, std::int64_t size) {
  return "{\"batchSize\":-1,\"consumerGroup\":{\"member\":" + std::to_string(member) +
         ",\"size\":" + std::to_string(size) + "}}";
}

TEST_P(WireCategories, Item109EachStreamGoesToItsMember) {
  for (const auto& row : kMembers) own_.write(row.stream);
  for (int size = 2; size <= 4; ++size) {
    for (int member = 0; member < size; ++member) {
      std::string expected;
      for (const auto& row : kMembers) {
        if (row.members[static_cast<std::size_t>(size - 2)] == member) {
          expected += std::string(row.stream) + " ";
        }
      }
      EXPECT_EQ(streams("", group(member, size)), expected) << member << " of " << size;
    }
  }
}

TEST_P(WireCategories, Item110MembersTogetherAreTheCategory) {
  for (int i = 0; i < 60; ++i) own_.write("a-" + std::to_string(i));
  own_.write("a");
  for (int size = 1; size <= 7; ++size) {
    std::multiset<std::string> seen;
    for (int member = 0; member < size; ++member) {
      const auto reply = get("a", group(member, size));
      for (const auto& tuple : reply.json().as_array()) seen.insert(as_string(tuple.at(1)));
    }
    EXPECT_EQ(seen.size(), 60u) << size;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 60u) << size;
    EXPECT_EQ(seen.count("a"), 0u);
  }
}

TEST_P(WireCategories, Item111ACardinalIdStaysTogether) {
  own_.write("account-123+a");
  own_.write("account-123+b");
  EXPECT_EQ(streams("account", group(1, 2)), "account-123+a account-123+b ");
  EXPECT_EQ(streams("account", group(0, 2)), "");
}

TEST_P(WireCategories, Item112GroupsAreChecked) {
  for (const char* wrong :
       {R"({"member":0})", R"({"size":2})", R"({"member":-1,"size":2})", R"({"member":0,"size":0})",
        R"({"member":2,"size":2})", R"({"member":3,"size":2})", R"({"member":"0","size":2})",
        R"({"member":0,"size":"2"})", R"({"member":null,"size":2})", R"({"member":0.5,"size":2})",
        R"({"member":0,"size":-2})", "null", "[]", "5", "\"0/2\""}) {
    own_.refused("[\"category.get\",\"a\",{\"consumerGroup\":" + std::string(wrong) + "}]");
  }
  own_.write("a-1");
  own_.write("a");
  EXPECT_EQ(streams("a", R"({"consumerGroup":{}})"), "a-1 a ");
  EXPECT_EQ(streams("a", R"({"consumerGroup":{"member":0,"size":9223372036854775807}})"), "");
}

TEST_P(WireCategories, Item113GroupsCombineWithTheOtherFilters) {
  for (int i = 0; i < 40; ++i) {
    const std::string flow = i % 4 == 0 ? "flow-1" : "other-1";
    own_.write("a-1", "{}",
               "{\"correlationStreamName\":\"" + flow + "\"}");  // odd global: member 0
    own_.write("a-2", "{}", "{\"correlationStreamName\":\"" + flow + "\"}");  // even: member 1
  }
  const auto globals = [&](std::string_view category, const std::string& options) {
    std::string list;
    const auto reply = get(category, options);
    for (const auto& tuple : reply.json().as_array()) {
      list += std::to_string(as_int(tuple.at(4))) + " ";
    }
    return list;
  };
  EXPECT_EQ(globals("a", R"({"position":10,"batchSize":3,"consumerGroup":{"member":0,"size":2}})"),
            "11 13 15 ");
  EXPECT_EQ(globals("a", R"({"position":10,"batchSize":3,"correlation":"flow",)"
                         R"("consumerGroup":{"member":1,"size":2}})"),
            "10 18 26 ");
  EXPECT_EQ(globals("", R"({"position":60,"correlation":"flow",)"
                        R"("consumerGroup":{"member":0,"size":2}})"),
            "65 73 ");
}

TEST_P(WireCategories, Item114APollerMissesNothing) {
  constexpr int kWriters = 4;
  constexpr int kMessagesEach = 150;
  std::atomic<int> running = kWriters;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      Caller caller = connect();
      for (int i = 0; i < kMessagesEach; ++i) {
        caller.write("c" + std::to_string(w) + "-" + std::to_string(i % 5));
      }
      --running;
    });
  }
  std::int64_t next = 0;
  std::size_t seen = 0;
  for (bool last_round = false; !last_round;) {
    last_round = running == 0;  // what is read from here on is all there will be
    for (;;) {
      const auto page = get("", "{\"batchSize\":7,\"position\":" + std::to_string(next) + "}");
      const auto& tuples = page.json().as_array();
      if (tuples.empty()) break;
      seen += tuples.size();
      next = as_int(tuples.back().at(4)) + 1;
    }
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(seen, static_cast<std::size_t>(kWriters * kMessagesEach));
}

}  // namespace
}  // namespace eventodb::test
