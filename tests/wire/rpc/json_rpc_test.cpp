// JSON-RPC 2.0 over a socket (docs/json-rpc.md).
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

EVENTODB_WIRE_SUITE(WireJsonRpc);
using WireJsonRpcAuth = AuthMode;

std::string request(std::string_view method, std::string_view params, std::string_view id = "") {
  std::string text = R"({"jsonrpc":"2.0","method":")" + std::string(method) +
                     "\",\"params\":" + std::string(params);
  if (!id.empty()) text += ",\"id\":" + std::string(id);
  return text + "}";
}

const std::string kWriteParams = R"(["s-1",{"type":"T","data":{}}])";

TEST_P(WireJsonRpc, ACallIsAnsweredWith200) {
  const auto reply = own_.call(request("stream.write", kWriteParams, "\"a\""));
  EXPECT_EQ(reply.status(), 200);
  EXPECT_EQ(reply.body(),
            R"({"jsonrpc":"2.0","result":{"position":0,"globalPosition":1},"id":"a"})");
  EXPECT_EQ(reply.http.field("content-type"), "application/json");
}

TEST_P(WireJsonRpc, AFailedCallToo) {
  const auto reply = own_.call(
      request("stream.write", R"(["s",{"type":"T","data":{}},{"expectedVersion":3}])", "7"));
  EXPECT_EQ(reply.status(), 200);
  const auto& error = reply.json().at("error");
  EXPECT_EQ(as_int(error.at("code")), -32009);
  EXPECT_EQ(error.at("data").at("code"), "STREAM_VERSION_CONFLICT");
  EXPECT_EQ(as_int(error.at("data").at("details").at("actual")), -1);
  EXPECT_EQ(as_int(reply.json().at("id")), 7);
}

TEST_P(WireJsonRpc, ANotificationIsAnsweredWith204) {
  const auto reply = own_.call(request("stream.write", kWriteParams));
  EXPECT_EQ(reply.status(), 204);
  EXPECT_EQ(reply.body(), "");
  EXPECT_EQ(own_.result(R"(["stream.version","s-1"])"), 0) << "on the same connection";
}

TEST_P(WireJsonRpc, ABatchMixesWhatItLikes) {
  const auto reply =
      own_.call("[" + request("stream.write", kWriteParams, "1") + "," +
                request("stream.write", kWriteParams) + ",5," + request("no.such", "[]", "2") +
                "," + request("stream.version", R"(["s-1"])", "3") + "]");
  EXPECT_EQ(reply.status(), 200);
  const auto& answers = reply.json().as_array();
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(as_int(answers[0].at("result").at("position")), 0);
  EXPECT_EQ(as_int(answers[1].at("error").at("code")), -32600);
  EXPECT_EQ(as_int(answers[2].at("error").at("code")), -32601);
  EXPECT_EQ(as_int(answers[3].at("result")), 1);
}

TEST_P(WireJsonRpc, ALargeResultArrivesWhole) {
  const std::string data = "{\"x\":\"" + std::string(200'000, 'x') + "\"}";
  for (int i = 0; i < 12; ++i) own_.write("s-1", data);
  const auto reply = own_.call(request("stream.get", R"(["s-1"])", "1"));
  EXPECT_EQ(reply.status(), 200);
  EXPECT_EQ(reply.json().at("result").as_array().size(), 12u);
  EXPECT_EQ(as_int(reply.json().at("id")), 1);
}

TEST_P(WireJsonRpc, EverythingElseKeepsTheArrayForm) {
  for (const char* body : {"{}", "[{}]", "[[]]", "[]", R"({"method":"sys.version","id":1})",
                           R"({"jsonrpc":"1.0","method":"sys.version","id":1})"}) {
    own_.refused(body);
  }
}

TEST_F(WireJsonRpcAuth, CredentialsComeFirst) {
  Caller anonymous(port_, "");
  Caller wrong(port_, made_token("default", '1'));
  for (const auto& body :
       {request("sys.version", "[]", "1"), "[" + request("sys.version", "[]") + "]"}) {
    EXPECT_EQ(anonymous.call(body).status(), 401);
    EXPECT_EQ(anonymous.call(body).code(), "AUTH_REQUIRED");
    EXPECT_EQ(wrong.call(body).status(), 403);
  }
}

}  // namespace
}  // namespace eventodb::test
