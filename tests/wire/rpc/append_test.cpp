// Many messages in one call, over a socket (docs/append.md).
#include <atomic>
#include <thread>

#include "support/server_process.hpp"
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

EVENTODB_WIRE_SUITE(WireAppend);
using WireAppendAuth = AuthMode;

constexpr std::string_view kId = "0190163d-8694-739b-aea5-966c26f8ad91";
constexpr std::size_t kMessagesMax = 10'000;

/// A JSON array of so many messages {"n":0}, {"n":1}, ...
std::string messages(std::size_t count, std::string_view text = "") {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) list += ',';
    list += R"({"type":"T","data":{"n":)" + std::to_string(i) + R"(,"text":")" + std::string(text) +
            "\"}}";
  }
  return list + "]";
}

std::string append(std::string_view stream, std::string_view list,
                   std::string_view options = "{}") {
  return "[\"stream.append\"," + json_text(stream) + "," + std::string(list) + "," +
         std::string(options) + "]";
}

std::string entry(std::string_view stream, std::string_view list, std::string_view version = "") {
  std::string text = "{\"stream\":" + json_text(stream) + ",\"messages\":" + std::string(list);
  if (!version.empty()) text += ",\"expectedVersion\":" + std::string(version);
  return text + "}";
}

std::string with_id(std::string_view id, std::string_view data = "{}") {
  return R"({"type":"T","data":)" + std::string(data) + ",\"id\":" + json_text(id) + "}";
}

/// The numbers in the data of a stream's messages are 0, 1, 2, ...
void expect_numbered(Caller& caller, const std::string& stream, std::size_t count) {
  const auto found = caller.result("[\"stream.get\"," + json_text(stream) + ",{\"batchSize\":-1}]");
  ASSERT_EQ(found.as_array().size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(as_int(found.at(i).at(2)), static_cast<std::int64_t>(i));
    ASSERT_EQ(as_int(found.at(i).at(4).at("n")), static_cast<std::int64_t>(i));
  }
}

TEST_P(WireAppend, MessagesOfOneStream) {
  EXPECT_EQ(
      own_.ok(append("a-1", messages(3))).body(),
      R"({"firstPosition":0,"lastPosition":2,"firstGlobalPosition":1,"lastGlobalPosition":3})");
  EXPECT_EQ(
      own_.ok(append("b-1", messages(1))).body(),
      R"({"firstPosition":0,"lastPosition":0,"firstGlobalPosition":4,"lastGlobalPosition":4})");
  expect_numbered(own_, "a-1", 3);
  EXPECT_EQ(own_.result(R"(["stream.version","a-1"])"), 2);
}

TEST_P(WireAppend, MessagesOfSeveralStreams) {
  EXPECT_EQ(
      own_.ok("[\"streams.append\",[" + entry("a-1", messages(2), "-1") + "," +
              entry("b-1", messages(1)) + "]]")
          .body(),
      R"([{"firstPosition":0,"lastPosition":1,"firstGlobalPosition":1,"lastGlobalPosition":2},)"
      R"({"firstPosition":0,"lastPosition":0,"firstGlobalPosition":3,"lastGlobalPosition":3}])");
  const auto all = own_.result(R"(["category.get",""])");
  ASSERT_EQ(all.as_array().size(), 3u);
  EXPECT_EQ(as_string(all.at(2).at(1)), "b-1");
}

TEST_P(WireAppend, AConflictStoresNothingOfAnyStream) {
  own_.ok(append("a-1", messages(2)));
  const auto one = own_.call(append("a-1", messages(5), R"({"expectedVersion":0})"));
  EXPECT_EQ(one.status(), 409);
  EXPECT_EQ(one.code(), "STREAM_VERSION_CONFLICT");
  EXPECT_NE(one.body().find(R"("details":{"expected":0,"actual":1}})"), std::string::npos)
      << one.body();
  const auto several = own_.call("[\"streams.append\",[" + entry("new-1", messages(2), "-1") + "," +
                                 entry("a-1", messages(1), "0") + "]]");
  EXPECT_EQ(several.status(), 409);
  EXPECT_NE(several.body().find(R"("details":{"expected":0,"actual":1,"stream":"a-1"}})"),
            std::string::npos)
      << several.body();
  EXPECT_EQ(own_.ok(R"(["stream.version","new-1"])").body(), "null");
  expect_numbered(own_, "a-1", 2);
}

TEST_P(WireAppend, AStreamNamedTwiceSeesItsOwnMessages) {
  own_.ok("[\"streams.append\",[" + entry("a-1", messages(2), "-1") + "," +
          entry("a-1", messages(1), "1") + "]]");
  const auto conflict = own_.call("[\"streams.append\",[" + entry("a-1", messages(1), "2") + "," +
                                  entry("a-1", messages(1), "2") + "]]");
  EXPECT_EQ(conflict.status(), 409);
  EXPECT_EQ(as_int(conflict.details().at("actual")), 3);
  EXPECT_EQ(own_.result(R"(["stream.version","a-1"])"), 2);
}

TEST_P(WireAppend, ARetryGetsTheFirstResultAndAPartOfOneIsRefused) {
  const std::string batch = append(
      "a-1", "[" + with_id(kId) + "," + with_id("0190163d-8694-739b-aea5-966c26f8ad92") + "]",
      R"({"expectedVersion":-1})");
  const auto first = own_.ok(batch);
  own_.ok(append("a-1", messages(1)));
  EXPECT_EQ(own_.ok(batch).body(), first.body());
  for (const auto& other :
       {append("a-1", "[" + with_id(kId) + R"(,{"type":"T","data":{}}])"),
        append("a-1", "[" + with_id(kId, R"({"x":1})") + "]"),
        append("b-1", "[" + with_id(kId) + "]"),
        "[\"streams.append\",[" + entry("b-1", "[" + with_id(kId) + "]") + "]]"}) {
    const auto reply = own_.call(other);
    EXPECT_EQ(reply.status(), 409) << other;
    EXPECT_EQ(reply.code(), "MESSAGE_ID_EXISTS");
    EXPECT_EQ(as_string(reply.details().at("id")), kId);
    EXPECT_EQ(as_string(reply.details().at("stream")), "a-1");
    EXPECT_EQ(as_int(reply.details().at("position")), 0);
  }
  EXPECT_EQ(own_.result(R"(["stream.version","a-1"])"), 2);
  own_.refused(append("c-1", "[" + with_id(kId) + "," + with_id(kId) + "]"));
}

TEST_P(WireAppend, InvalidCallsAreRefusedAndStoreNothing) {
  for (const std::string& body :
       {std::string(R"(["stream.append","s"])"), append("s", "[]"), append("s", "{}"),
        append("s", "null"), append("s", "[1]"), append("", messages(1)),
        append("s", R"([{"type":"T","data":{}},{"type":"T"}])"),
        append("s", messages(1), R"({"expectedVersion":"0"})"), append("s", messages(1), "null"),
        append("s", R"([{"type":"T","data":{},"id":"nope"}])"),
        std::string(R"(["streams.append"])"), std::string(R"(["streams.append",[]])"),
        std::string(R"(["streams.append",[5]])"),
        "[\"streams.append\",[" + entry("s", messages(1)) + "," + entry("t", "[]") + "]]",
        append("s", R"([{"type":"T","data":{}})"), append("s", messages(1)) + "x"}) {
    own_.refused(body);
  }
  EXPECT_EQ(own_.ok(R"(["category.get",""])").body(), "[]");
}

TEST_P(WireAppend, ACallHoldsTenThousandMessagesAndNotOneMore) {
  EXPECT_NE(own_.refused(append("a-1", messages(kMessagesMax + 1))).find("10000"),
            std::string::npos);
  EXPECT_EQ(own_.ok(R"(["stream.version","a-1"])").body(), "null");
  const auto written = own_.result(append("a-1", messages(kMessagesMax)));
  EXPECT_EQ(as_int(written.at("lastPosition")), static_cast<std::int64_t>(kMessagesMax) - 1);
  expect_numbered(own_, "a-1", kMessagesMax);
}

TEST_P(WireAppend, ABodyOfManyMegabytesIsOneBatch) {
  const std::string text(10'000, 'x');
  const auto written = own_.result(append("a-1", messages(1500, text)));  // 15 MB
  EXPECT_EQ(as_int(written.at("lastPosition")), 1499);
  expect_numbered(own_, "a-1", 1500);
}

TEST_P(WireAppend, WritersWithOneExpectationOneWins) {
  std::atomic<int> successes = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Caller caller = connect();
      const int status =
          caller.call(append("a-1", messages(20), R"({"expectedVersion":-1})")).status();
      if (status == 200) ++successes;
      EXPECT_TRUE(status == 200 || status == 409) << status;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(successes, 1);
  expect_numbered(own_, "a-1", 20);
}

TEST_P(WireAppend, JsonRpcTakesTheSameArguments) {
  const auto reply =
      own_.call(R"({"jsonrpc":"2.0","id":1,"method":"stream.append","params":["a-1",)" +
                messages(2) + R"(,{"expectedVersion":-1}]})");
  EXPECT_EQ(reply.body(), R"({"jsonrpc":"2.0","result":{"firstPosition":0,"lastPosition":1,)"
                          R"("firstGlobalPosition":1,"lastGlobalPosition":2},"id":1})");
  const auto conflict =
      own_.call(R"({"jsonrpc":"2.0","id":2,"method":"streams.append","params":[[)" +
                entry("b-1", messages(1)) + "," + entry("a-1", messages(1), "5") + "]]}");
  EXPECT_EQ(conflict.status(), 200);
  const auto& error = conflict.json().at("error");
  EXPECT_EQ(as_int(error.at("code")), -32009);
  EXPECT_EQ(as_string(error.at("data").at("details").at("stream")), "a-1");
  const auto invalid =
      own_.call(R"({"jsonrpc":"2.0","id":3,"method":"streams.append","params":[[]]})");
  EXPECT_EQ(as_int(invalid.json().at("error").at("code")), -32602);
  EXPECT_EQ(own_.ok(R"(["stream.version","b-1"])").body(), "null");
}

TEST_F(WireAppendAuth, NeedsCredentialsLikeEveryMethod) {
  Caller anonymous(port_, "");
  EXPECT_EQ(anonymous.call(append("a-1", messages(1))).status(), 401);
}

TEST(WireAppendTestMode, CreatesTheNamespaceOnTheFly) {
  Caller stranger(server_port(Backend::kTestMode), made_token("append-on-the-fly"));
  EXPECT_EQ(as_int(stranger.result(append("a-1", messages(2))).at("lastGlobalPosition")), 2);
}

TEST(WireAppendDurable, AcknowledgedBatchesSurviveAKill) {
  const TemporaryDirectory directory;
  ServerFlags flags;
  flags.arguments = {"-token", admin_token(), "-data-dir", directory.path()};
  {
    ServerProcess server(flags);
    Caller caller(server.port(), admin_token());
    caller.ok(append("a-1", messages(kMessagesMax)));
    caller.ok("[\"streams.append\",[" + entry("b-1", messages(7)) + "," +
              entry("c-1", messages(9)) + "]]");
    server.kill();
  }
  const ServerProcess server(flags);
  Caller caller(server.port(), admin_token());
  expect_numbered(caller, "a-1", kMessagesMax);
  expect_numbered(caller, "b-1", 7);
  expect_numbered(caller, "c-1", 9);
}

}  // namespace
}  // namespace eventodb::test
