#include "rpc/dispatcher.hpp"

#include <regex>

#include "base/version.hpp"
#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"
#include "json_examples.hpp"
#include "rpc/method_table.hpp"

namespace eventodb::rpc {
namespace {

using test::DispatcherTest;
using test::TestModeDispatcherTest;

TEST_F(DispatcherTest, BodiesThatAreNoArrayTellWhy) {
  for (const char* body : {"", " ", "{}", "{\"a\":1}", "\"text\"", "5", "true", "{", "[1", "[]x",
                           "[\"sys.version\"] x", "nul"}) {
    const auto reply = call(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.code(), "INVALID_REQUEST") << body;
    EXPECT_TRUE(reply.json().at("error").at("details").at("error").is_string()) << body;
  }
}

TEST_F(DispatcherTest, EmptyArrayAndNullHaveNoMethod) {
  for (const char* body : {"[]", "null", " [ ] ", "\nnull\n"}) {
    const auto reply = call(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_FALSE(reply.json().at("error").as_object().contains("details")) << body;
  }
}

TEST_F(DispatcherTest, TheFirstElementIsTheMethodsName) {
  for (const char* body :
       {"[123]", "[null]", "[[]]", "[{}]", "[true,\"sys.version\"]", "[[\"sys.version\"]]",
        "[{\"jsonrpc\":2.0}]", "[{\"jsonrpc\":\"1.0\"}]"}) {
    EXPECT_EQ(call(body).status, 400) << body;
    EXPECT_EQ(call(body).code(), "INVALID_REQUEST") << body;
  }
}

TEST_F(DispatcherTest, UnknownMethodsAreNotFound) {
  for (const char* name : {"no.such", "", "Stream.write", "stream.write ", "STREAM.GET"}) {
    const auto reply = call("[\"" + std::string(name) + "\"]");
    EXPECT_EQ(reply.status, 404) << name;
    EXPECT_EQ(reply.code(), "METHOD_NOT_FOUND") << name;
  }
  const auto longest = call("[\"" + std::string(100'000, 'x') + "\"]");
  EXPECT_EQ(longest.code(), "METHOD_NOT_FOUND");
  EXPECT_LT(longest.body.size(), 1000u);
}

TEST_F(DispatcherTest, MethodNamesMayBeEscaped) {
  EXPECT_EQ(call("[\"sys.\\u0076ersion\"]").status, 200);
}

TEST_F(DispatcherTest, SurplusArgumentsAndUnknownOptionsAreIgnored) {
  EXPECT_EQ(call("[\"sys.version\",1,{},[]]").status, 200);
  EXPECT_EQ(
      call("[\"stream.get\",\"s\",{\"x\":1,\"batchsize\":\"no\"},5,{\"batchSize\":\"no\"}]").body,
      "[]");
  EXPECT_EQ(call("[\"stream.version\",\"s\",null]").body, "null");
}

TEST_F(DispatcherTest, WhiteSpaceAroundAndInsideIsFine) {
  EXPECT_EQ(call(" \r\n[ \"stream.get\" ,\t\"s\" , { } ]\n ").body, "[]");
}

TEST_F(DispatcherTest, TheNumberOfArgumentsIsCheckedFirst) {
  for (const Method& method : all_methods()) {
    if (method.arity == 0) continue;
    const std::string none = "[\"" + std::string(method.name) + "\"]";
    const std::string expected = "needs at least " + std::to_string(method.arity) + " argument";
    EXPECT_NE(refusal(none).find(expected), std::string::npos) << none;
  }
  EXPECT_NE(refusal("[\"stream.write\",5]").find("needs at least 2"), std::string::npos);
  EXPECT_NE(refusal("[\"stream.write\",5,6]").find("streamName"), std::string::npos);
}

TEST_F(DispatcherTest, SysVersionIsTheVersion) {
  const auto reply = call("[\"sys.version\"]");
  EXPECT_EQ(reply.body, "\"" + std::string(base::kVersion) + "\"");
  EXPECT_TRUE(std::regex_search(base::kVersion, std::regex("^[0-9]+\\.[0-9]+\\.[0-9]+")));
}

TEST_F(DispatcherTest, SysHealthNamesTheBackend) {
  connections_ = 7;
  const auto health = call("[\"sys.health\"]").json();
  EXPECT_EQ(health.at("status"), "ok");
  EXPECT_EQ(health.at("backend"), "memory");
  EXPECT_EQ(health.at("connections").as_int64(), 7);
  EXPECT_EQ(health.at("durability"), "memory");
  EXPECT_EQ(health.at("writable"), true);
}

TEST_F(DispatcherTest, EveryInvalidDocumentIsRefused) {
  for (const auto& example : test::invalid_json_examples()) {
    EXPECT_EQ(call(example.text).status, 400) << example.name;
    const std::string as_data =
        "[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{\"a\":" + example.text + "}}]";
    if (example.text.starts_with("{\"a\":\"a\"}//")) continue;
    EXPECT_EQ(call(as_data).status, 400) << example.name;
  }
  EXPECT_EQ(call("[\"stream.get\",\"s\"]").body, "[]");
}

TEST_F(DispatcherTest, EveryValidDocumentIsStoredAsItCame) {
  int position = 0;
  for (const auto& example : test::valid_json_examples()) {
    if (example.name.starts_with("white space")) continue;
    const std::string data = "{\"a\":" + example.text + "}";
    const auto written = call("[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":" + data +
                              ",\"metadata\":" + data + "}]");
    ASSERT_EQ(written.status, 200) << example.name << written.body;
    const auto read =
        call("[\"stream.get\",\"s\",{\"position\":" + std::to_string(position++) + "}]");
    EXPECT_NE(read.body.find("," + data + "," + data + ","), std::string::npos) << example.name;
  }
}

TEST_F(DispatcherTest, DepthOneLevelPastTheLimitIsRefused) {
  // The body's array, the message and `data` are three levels.
  const auto body = [](std::size_t levels) {
    return "[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{\"a\":" + std::string(levels, '[') +
           std::string(levels, ']') + "}}]";
  };
  EXPECT_EQ(call(body(limits::kJsonDepthMax - 3)).status, 200);
  EXPECT_EQ(call(body(limits::kJsonDepthMax - 2)).status, 400);
}

TEST_F(DispatcherTest, ANamespaceThatVanishedIsACleanError) {
  ASSERT_EQ(call("[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{}}]").status, 200);
  ASSERT_EQ(call_as_default("[\"ns.delete\",\"tenant\"]").status, 200);
  for (const char* body :
       {"[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{}}]", "[\"stream.get\",\"s\"]",
        "[\"stream.last\",\"s\"]", "[\"stream.version\",\"s\"]", "[\"category.get\",\"s\"]",
        "[\"ns.streams\"]", "[\"ns.categories\"]", "[\"ns.info\",\"tenant\"]"}) {
    EXPECT_EQ(call(body).status, 404) << body;
    EXPECT_EQ(call(body).code(), "NAMESPACE_NOT_FOUND") << body;
  }
}

TEST_F(TestModeDispatcherTest, WritesCreateTheNamespaceAndReadsDoNot) {
  auth::Access access;
  access.namespace_id = "new";
  access.administrator = true;
  EXPECT_EQ(call_as(access, "[\"stream.get\",\"s\"]").code(), "NAMESPACE_NOT_FOUND");
  EXPECT_EQ(call_as(access, "[\"ns.streams\"]").status, 404);
  EXPECT_EQ(call_as(access, "[\"sys.version\"]").status, 200);
  EXPECT_EQ(call_as(access, "[\"stream.write\",\"\",{}]").status, 400);
  EXPECT_EQ(access_to("new").ns, nullptr) << "an invalid request touches no storage";

  EXPECT_EQ(call_as(access, "[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{}}]").status, 200);
  // Another connection that does not know of it yet.
  EXPECT_EQ(call_as(access, "[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{}}]").status, 200);
  EXPECT_EQ(call_as(access_to("new"), "[\"stream.version\",\"s\"]").body, "1");
  const auto info = call_as(access, "[\"ns.info\",\"new\"]").json();
  EXPECT_NE(test::as_string(info.at("description")).find("automatically"), std::string::npos);
}

TEST_F(TestModeDispatcherTest, AnAutomaticNamespaceFollowsTheRulesForIds) {
  auth::Access access;
  access.namespace_id = "a\nb";
  EXPECT_EQ(call_as(access, "[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{}}]").status, 400);
}

TEST_F(DispatcherTest, OutsideTestModeNothingIsCreatedOnTheFly) {
  auth::Access access;
  access.namespace_id = "new";
  EXPECT_EQ(call_as(access, "[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{}}]").status, 404);
  EXPECT_EQ(access_to("new").ns, nullptr);
}

TEST(MethodTable, HasTheMethodsOfTheProtocolAndOfAppending) {
  EXPECT_EQ(all_methods().size(), 13u + 2);
  for (const Method& method : all_methods()) EXPECT_EQ(find_method(method.name), &method);
  EXPECT_EQ(find_method("stream.writ"), nullptr);
}

}  // namespace
}  // namespace eventodb::rpc
