#include "rpc/json_rpc.hpp"

#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

using test::as_int;
using test::DispatcherTest;
using JsonRpcTest = DispatcherTest;

constexpr std::string_view kWrite =
    R"({"jsonrpc":"2.0","method":"stream.write","params":["s",{"type":"T","data":{}}],"id":1})";

/// The request with this id, as JSON text; "" for none.
std::string request(std::string_view method, std::string_view params, std::string_view id) {
  std::string text = R"({"jsonrpc":"2.0","method":")" + std::string(method) + "\"";
  if (!params.empty()) text += ",\"params\":" + std::string(params);
  if (!id.empty()) text += ",\"id\":" + std::string(id);
  return text + "}";
}

TEST_F(JsonRpcTest, ACallIsAnswered) {
  const auto reply = call(kWrite);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"jsonrpc":"2.0","result":{"position":0,"globalPosition":1},"id":1})");
  EXPECT_EQ(call(request("stream.version", "[\"none\"]", "2")).body,
            R"({"jsonrpc":"2.0","result":null,"id":2})");
}

TEST_F(JsonRpcTest, IdsComeBackByteForByte) {
  for (const char* id : {"1", "-1", "0", "1.0", "1e2", "12345678901234567890", "1e400", "\"\"",
                         "\"a\\u0062\\n\"", "\"\\ud800\"", "null"}) {
    EXPECT_EQ(call(request("stream.version", "[\"s\"]", id)).body,
              R"({"jsonrpc":"2.0","result":null,"id":)" + std::string(id) + "}")
        << id;
  }
}

TEST_F(JsonRpcTest, MembersMayComeInAnyOrderAndTheLastOfEachWins) {
  EXPECT_EQ(call(R"({ "id":0, "params":5, "params":["s"], "x":[], "id": 7 ,)"
                 R"( "method":"stream.version", "jsonrpc":"1.0", "json\u0072pc":"2.0"})")
                .body,
            R"({"jsonrpc":"2.0","result":null,"id":7})");
}

TEST_F(JsonRpcTest, ParamsMayBeLeftOut) {
  EXPECT_EQ(call(request("ns.categories", "", "1")).body,
            R"({"jsonrpc":"2.0","result":[],"id":1})");
  EXPECT_EQ(call(request("ns.categories", "null", "1")).status, 200);
  EXPECT_EQ(call(request("ns.categories", "[]", "1")).status, 200);
}

TEST_F(JsonRpcTest, ErrorsCarryOurCodeAndDetails) {
  const auto reply = call(
      request("stream.write", R"(["s",{"type":"T","data":{}},{"expectedVersion":5}])", "\"x\""));
  EXPECT_EQ(reply.status, 200);
  const auto answer = reply.json();
  EXPECT_EQ(answer.at("jsonrpc"), "2.0");
  EXPECT_EQ(answer.at("id"), "x");
  EXPECT_FALSE(answer.as_object().contains("result"));
  const auto& error = answer.at("error");
  EXPECT_EQ(as_int(error.at("code")), -32009);
  EXPECT_TRUE(error.at("message").is_string());
  EXPECT_EQ(error.at("data").at("code"), "STREAM_VERSION_CONFLICT");
  EXPECT_EQ(as_int(error.at("data").at("details").at("expected")), 5);
  EXPECT_EQ(as_int(error.at("data").at("details").at("actual")), -1);
}

struct ErrorRowExample {
  std::string body;
  std::int64_t code;
  const char* data_code;
  const char* id;
};

TEST_F(JsonRpcTest, StandardCodes) {
  const ErrorRowExample rows[] = {
      {request("no.such", "[]", "1"), -32601, "METHOD_NOT_FOUND", "1"},
      {request("no.such", "{}", "1"), -32601, "METHOD_NOT_FOUND", "1"},
      {request("stream.version", "{\"streamName\":\"s\"}", "1"), -32602, "INVALID_REQUEST", "1"},
      {request("stream.version", "[5]", "1"), -32602, "INVALID_REQUEST", "1"},
      {request("stream.version", "", "1"), -32602, "INVALID_REQUEST", "1"},
      {request("stream.version", "5", "1"), -32600, "INVALID_REQUEST", "1"},
      {request("stream.version", "\"s\"", "\"i\""), -32600, "INVALID_REQUEST", "\"i\""},
      {request("stream.version", "[\"s\"]", "[]"), -32600, "INVALID_REQUEST", "null"},
      {request("stream.version", "[\"s\"]", "{}"), -32600, "INVALID_REQUEST", "null"},
      {request("stream.version", "[\"s\"]", "true"), -32600, "INVALID_REQUEST", "null"},
      {R"({"jsonrpc":"2.0"})", -32600, "INVALID_REQUEST", "null"},
      {R"({"jsonrpc":"2.0","id":3})", -32600, "INVALID_REQUEST", "3"},
      {R"({"jsonrpc":"2.0","method":1,"params":"bar"})", -32600, "INVALID_REQUEST", "null"},
      {request("ns.list", "[]", "1"), -32003, "AUTH_UNAUTHORIZED", "1"},
  };
  for (const auto& row : rows) {
    const auto reply = call(row.body);
    EXPECT_EQ(reply.status, 200) << row.body;
    const auto answer = reply.json();
    EXPECT_EQ(as_int(answer.at("error").at("code")), row.code) << row.body;
    EXPECT_EQ(answer.at("error").at("data").at("code"), row.data_code) << row.body;
    EXPECT_EQ(answer.at("id"), test::parse_json(row.id)) << row.body;
  }
}

TEST_F(JsonRpcTest, NotificationsActAndAreNotAnswered) {
  const auto reply = call(request("stream.write", R"(["s",{"type":"T","data":{}}])", ""));
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(call("[\"stream.version\",\"s\"]").body, "0");
  for (const auto& silent :
       {request("no.such", "[]", ""), request("stream.write", "[5]", ""),
        request("stream.get", "[\"s\"]", ""), request("stream.write", "{}", "")}) {
    EXPECT_EQ(call(silent).status, 204) << silent;
    EXPECT_EQ(call(silent).body, "") << silent;
  }
}

TEST_F(JsonRpcTest, EverythingElseKeepsTheArrayFormsRules) {
  for (const char* body :
       {"{}", "{\"jsonrpc\":\"1.0\",\"method\":\"sys.version\",\"id\":1}", "{\"jsonrpc\":2.0}",
        "{\"jsonrpc\":null}", "{\"method\":\"sys.version\",\"id\":1}", "[{}]", "[[]]", "[]", "[1]",
        "[{\"method\":\"sys.version\",\"id\":1}]", "[{},{\"jsonrpc\":\"2.0\"}]",
        "[1,{\"jsonrpc\":\"2.0\"}]", "[[{\"jsonrpc\":\"2.0\"}]]", "{\"jsonrpc\":\"2.0\"",
        "{\"jsonrpc\":\"2.0\"}{}"}) {
    const auto reply = call(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.code(), "INVALID_REQUEST") << body;
  }
}

TEST_F(JsonRpcTest, ABatchIsAnsweredInItsOrder) {
  const std::string write = request("stream.write", R"(["s",{"type":"T","data":{}}])", "\"a\"");
  const auto reply = call("[" + write + "," + request("stream.version", "[\"s\"]", "2") + "," +
                          request("stream.write", R"(["s",{"type":"T","data":{}}])", "") + "," +
                          request("stream.version", "[\"s\"]", "3") + "]");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body,
            R"([{"jsonrpc":"2.0","result":{"position":0,"globalPosition":1},"id":"a"},)"
            R"({"jsonrpc":"2.0","result":0,"id":2},{"jsonrpc":"2.0","result":1,"id":3}])");
}

TEST_F(JsonRpcTest, InvalidRequestsInABatchAreAnsweredWithNull) {
  const auto reply =
      call("[" + request("stream.version", "[\"s\"]", "1") +
           ",1,\"x\",null,[],{},{\"foo\":\"boo\"}," + "{\"method\":\"sys.version\"}]");
  EXPECT_EQ(reply.status, 200);
  const auto answers = reply.json();
  ASSERT_EQ(answers.as_array().size(), 8u);
  for (std::size_t i = 1; i < 8; ++i) {
    EXPECT_EQ(as_int(answers.at(i).at("error").at("code")), -32600) << i;
    EXPECT_TRUE(answers.at(i).at("id").is_null()) << i;
  }
}

TEST_F(JsonRpcTest, ABatchOfNotificationsIsNotAnswered) {
  const std::string write = request("stream.write", R"(["s",{"type":"T","data":{}}])", "");
  const auto reply = call("[" + write + "," + write + "]");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(call("[\"stream.version\",\"s\"]").body, "1");
}

TEST_F(JsonRpcTest, AFailedCallLeavesTheOthersAlone) {
  const auto reply = call("[" + request("no.such", "[]", "1") + "," +
                          request("stream.version", "[\"s\"]", "2") + "]");
  const auto answers = reply.json();
  EXPECT_TRUE(answers.at(0).as_object().contains("error"));
  EXPECT_TRUE(answers.at(1).at("result").is_null());
}

TEST_F(JsonRpcTest, WritesOfABatchAreDecidedOneByOneAndReadsBetweenThemSeeThem) {
  const auto write = [](int version, const std::string& id) {
    return request(
        "stream.write",
        R"(["s",{"type":"T","data":{}},{"expectedVersion":)" + std::to_string(version) + "}]", id);
  };
  const std::string append = R"(["s",[{"type":"T","data":{}},{"type":"T","data":{}}]])";
  const std::string version = request("stream.version", "[\"s\"]", "\"v\"");
  const auto reply =
      call("[" + write(-1, "1") + "," + write(-1, "2") + "," + write(0, "") + "," +
           request("stream.append", append, "3") + "," + version + "," + write(7, "4") + "," +
           write(3, "5") + "," + "1," + write(4, "6") + "," + version + "]");
  EXPECT_EQ(reply.status, 200);
  const auto& answers = reply.json().as_array();
  ASSERT_EQ(answers.size(), 9u);
  const auto code = [&](std::size_t i) { return as_int(answers[i].at("error").at("code")); };
  EXPECT_EQ(as_int(answers[0].at("result").at("position")), 0);
  EXPECT_EQ(code(1), -32009);
  EXPECT_EQ(as_int(answers[2].at("result").at("firstPosition")), 2) << "behind the notification";
  EXPECT_EQ(as_int(answers[3].at("result")), 3);
  EXPECT_EQ(code(4), -32009);
  EXPECT_EQ(as_int(answers[5].at("result").at("position")), 4);
  EXPECT_EQ(code(6), -32600);
  EXPECT_EQ(as_int(answers[7].at("result").at("position")), 5);
  EXPECT_EQ(as_int(answers[8].at("result")), 5);
}

TEST_F(JsonRpcTest, TheCallsOfABatchAreLimited) {
  const auto batch = [](std::size_t calls) {
    std::string text = "[";
    for (std::size_t i = 0; i < calls; ++i) {
      if (i != 0) text += ",";
      text += request("stream.write", R"(["s",{"type":"T","data":{}}])", std::to_string(i));
    }
    return text + "]";
  };
  EXPECT_EQ(call(batch(limits::kJsonRpcBatchCallsMax)).json().as_array().size(),
            limits::kJsonRpcBatchCallsMax);
  const auto refused = call(batch(limits::kJsonRpcBatchCallsMax + 1));
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(as_int(refused.json().at("error").at("code")), -32600);
  EXPECT_TRUE(refused.json().at("id").is_null());
  EXPECT_EQ(call("[\"stream.version\",\"s\"]").body, "999") << "nothing of it may have run";
}

}  // namespace
}  // namespace eventodb::rpc
