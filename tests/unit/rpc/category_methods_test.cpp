#include "dispatcher_fixture.hpp"

namespace eventodb::rpc {
namespace {

using test::as_string;
using test::DispatcherTest;

class CategoryGetTest : public DispatcherTest {
 protected:
  CategoryGetTest() {
    for (const char* stream : {"account-1", "account-2", "order-1", "account", "account-3"}) {
      write(stream);
    }
  }
  void write(std::string_view stream, std::string_view metadata = "null") {
    const auto reply =
        call("[\"stream.write\",\"" + std::string(stream) +
             "\",{\"type\":\"T\",\"data\":{},\"metadata\":" + std::string(metadata) + "}]");
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
  /// The streams of the messages category.get returns.
  std::string streams(std::string_view category, std::string_view options = "{}") {
    const auto reply =
        call("[\"category.get\",\"" + std::string(category) + "\"," + std::string(options) + "]");
    EXPECT_EQ(reply.status, 200) << reply.body;
    if (reply.status != 200) return reply.body;
    std::string list;
    for (const auto& tuple : reply.json().as_array()) {
      EXPECT_EQ(tuple.as_array().size(), 8u);
      list += as_string(tuple.at(1)) + " ";
    }
    return list;
  }
};

TEST_F(CategoryGetTest, ReturnsTheCategory) {
  EXPECT_EQ(streams("account"), "account-1 account-2 account account-3 ");
  EXPECT_EQ(streams("order"), "order-1 ");
  EXPECT_EQ(streams(""), "account-1 account-2 order-1 account account-3 ");
  EXPECT_EQ(streams("account-1"), "");
  EXPECT_EQ(streams("Account"), "");
  EXPECT_EQ(streams("acc"), "");
}

TEST_F(CategoryGetTest, PositionIsGlobalAndInclusive) {
  EXPECT_EQ(streams("account", R"({"position":2})"), "account-2 account account-3 ");
  EXPECT_EQ(streams("account", R"({"position":3,"batchSize":1})"), "account ");
  EXPECT_EQ(streams("account", R"({"position":6})"), "");
  EXPECT_EQ(streams("account", R"({"position":-5})"), "account-1 account-2 account account-3 ");
  EXPECT_EQ(streams("account", R"({"globalPosition":4})"), "account account-3 ");
  EXPECT_EQ(streams("account", R"({"globalPosition":4,"position":1})"), "account account-3 ");
}

TEST_F(CategoryGetTest, FiltersByGroup) {
  EXPECT_EQ(streams("account", R"({"consumerGroup":{"member":0,"size":2}})"),
            "account-1 account-3 ");
  EXPECT_EQ(streams("account", R"({"consumerGroup":{"member":1,"size":2}})"), "account-2 ");
  EXPECT_EQ(streams("account", R"({"consumerGroup":{}})"),
            "account-1 account-2 account account-3 ");
  EXPECT_EQ(streams("account", R"({"consumerGroup":{"other":5}})"),
            "account-1 account-2 account account-3 ");
  EXPECT_EQ(streams("", R"({"consumerGroup":{"member":0,"size":1}})"),
            "account-1 account-2 order-1 account-3 ");
}

TEST_F(CategoryGetTest, FiltersByCorrelation) {
  write("c-1", R"({"correlationStreamName":"workflow-123"})");
  write("c-2", R"({"correlationStreamName":"workflow"})");
  write("c-3", R"({"correlationStreamName":"Workflow-123"})");
  write("c-4", R"({"correlationStreamName":5})");
  write("c-5", R"({"correlationStreamName":"workflowX-1"})");
  EXPECT_EQ(streams("c", R"({"correlation":"workflow"})"), "c-1 c-2 ");
  EXPECT_EQ(streams("", R"({"correlation":"workflow"})"), "c-1 c-2 ");
  EXPECT_EQ(streams("c", R"({"correlation":"workflow-123"})"), "");
  EXPECT_EQ(streams("c", R"({"correlation":""})"), "c-1 c-2 c-3 c-4 c-5 ");
}

TEST_F(CategoryGetTest, RefusesWrongArguments) {
  const std::pair<const char*, const char*> rows[] = {
      {R"(["category.get",5])", "categoryName"},
      {R"(["category.get",null])", "categoryName"},
      {R"(["category.get","c",null])", "options"},
      {R"(["category.get","c",[]])", "options"},
      {R"(["category.get","c","x"])", "options"},
      {R"(["category.get","c",{"position":"1"}])", "position"},
      {R"(["category.get","c",{"globalPosition":null}])", "globalPosition"},
      {R"(["category.get","c",{"batchSize":10001}])", "batchSize"},
      {R"(["category.get","c",{"batchSize":-2}])", "batchSize"},
      {R"(["category.get","c",{"correlation":5}])", "correlation"},
      {R"(["category.get","c",{"correlation":null}])", "correlation"},
      {R"(["category.get","c",{"consumerGroup":null}])", "consumerGroup"},
      {R"(["category.get","c",{"consumerGroup":[]}])", "consumerGroup"},
      {R"(["category.get","c",{"consumerGroup":{"member":"0","size":2}}])", "member"},
      {R"(["category.get","c",{"consumerGroup":{"member":0,"size":null}}])", "size"},
      {R"(["category.get","c",{"consumerGroup":{"member":0}}])", "size"},
      {R"(["category.get","c",{"consumerGroup":{"size":2}}])", "member"},
      {R"(["category.get","c",{"consumerGroup":{"member":-1,"size":2}}])", "member"},
      {R"(["category.get","c",{"consumerGroup":{"member":0,"size":0}}])", "size"},
      {R"(["category.get","c",{"consumerGroup":{"member":2,"size":2}}])", "member"},
      {R"(["category.get","c",{"consumerGroup":{"member":0.5,"size":2}}])", "member"},
  };
  for (const auto& [body, named] : rows) {
    EXPECT_NE(refusal(body).find(named), std::string::npos) << body;
  }
}

TEST_F(CategoryGetTest, ChecksGoInTheOrderOfTheOptions) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"consumerGroup":5,"correlation":5,"batchSize":"x","globalPosition":"x","position":"x"})",
       "position must"},
      {R"({"consumerGroup":5,"correlation":5,"batchSize":"x","globalPosition":"x"})",
       "globalPosition must"},
      {R"({"consumerGroup":5,"correlation":5,"batchSize":-2})", "batchSize must"},
      {R"({"consumerGroup":5,"correlation":5})", "correlation must"},
      {R"({"consumerGroup":{"size":"x","member":"x"}})", "consumerGroup.member must"},
  };
  for (const auto& [options, text] : rows) {
    EXPECT_TRUE(refusal("[\"category.get\",\"c\"," + std::string(options) + "]").starts_with(text))
        << options;
  }
}

}  // namespace
}  // namespace eventodb::rpc
