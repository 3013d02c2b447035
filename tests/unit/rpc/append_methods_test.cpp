// stream.append and streams.append (docs/append.md).
#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

using test::as_int;
using test::as_string;
using test::DispatcherTest;

constexpr std::string_view kMessage = R"({"type":"T","data":{}})";
constexpr std::string_view kId = "0190163d-8694-739b-aea5-966c26f8ad91";
constexpr std::string_view kOtherId = "0190163d-8694-739b-aea5-966c26f8ad92";

std::string many(std::size_t count) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) list += ',';
    list += kMessage;
  }
  return list + "]";
}

std::string with_id(std::string_view id, std::string_view data = "{}") {
  return R"({"type":"T","data":)" + std::string(data) + R"(,"id":")" + std::string(id) + "\"}";
}

class AppendTest : public DispatcherTest {
 protected:
  static std::string append(std::string_view messages, std::string_view options = "{}") {
    return "[\"stream.append\",\"s-1\"," + std::string(messages) + "," + std::string(options) + "]";
  }
  static std::string append_streams(std::string_view streams) {
    return "[\"streams.append\",[" + std::string(streams) + "]]";
  }
  static std::string stream(std::string_view name, std::string_view messages,
                            std::string_view version = "") {
    std::string text = "{\"stream\":\"" + std::string(name) + "\",\"messages\":";
    text += messages;
    if (!version.empty()) text.append(",\"expectedVersion\":").append(version);
    return text + "}";
  }
  std::string version_of(std::string_view name) {
    return call("[\"stream.version\",\"" + std::string(name) + "\"]").body;
  }
};

TEST_F(AppendTest, AnswersWithTheFirstAndLastPositions) {
  EXPECT_EQ(
      call(append(many(3))).body,
      R"({"firstPosition":0,"lastPosition":2,"firstGlobalPosition":1,"lastGlobalPosition":3})");
  EXPECT_EQ(
      call(append(many(1))).body,
      R"({"firstPosition":3,"lastPosition":3,"firstGlobalPosition":4,"lastGlobalPosition":4})");
}

TEST_F(AppendTest, StoresEveryMemberInTheOrderOfTheCall) {
  const std::string messages =
      R"([{"type":"A","data":{"n":1.0},"metadata":{"m":1}},)"
      R"( { "id":"0190163D-8694-739B-AEA5-966C26F8AD91", "metadata":null,)"
      R"( "data" : { "n" : [ 2 ] }, "type":"\u0042" },{"data":{},"type":"C","id":""}])";
  ASSERT_EQ(call(append(messages)).status, 200);
  const auto reply = call(R"(["stream.get","s-1"])");
  const auto found = reply.json();
  ASSERT_EQ(found.as_array().size(), 3u);
  EXPECT_EQ(as_string(found.at(0).at(1)), "A");
  EXPECT_EQ(as_int(found.at(0).at(5).at("m")), 1);
  EXPECT_EQ(as_string(found.at(1).at(0)), kId);
  EXPECT_EQ(as_string(found.at(1).at(1)), "B");
  EXPECT_TRUE(found.at(1).at(5).is_null());
  EXPECT_EQ(as_string(found.at(2).at(1)), "C");
  EXPECT_NE(reply.body.find(R"({"n":1.0})"), std::string::npos);
  EXPECT_NE(reply.body.find(R"({"n":[2]})"), std::string::npos);
}

TEST_F(AppendTest, RefusesWrongArgumentsAndNamesTheirPlace) {
  const std::pair<std::string, const char*> rows[] = {
      {R"(["stream.append"])", "2 arguments"},
      {R"(["stream.append","s-1"])", "2 arguments"},
      {R"(["stream.append","",[]])", "streamName must not be empty"},
      {R"(["stream.append",5,[]])", "streamName must be a string"},
      {append("{}"), "messages must be an array"},
      {append("null"), "messages must be an array"},
      {append("[]"), "messages must not be empty"},
      {append("[ ]"), "messages must not be empty"},
      {append("[5]"), "messages[0] must be an object"},
      {append(R"([{"type":"T","data":{}},null])"), "messages[1] must be an object"},
      {append(R"([{"type":"T","data":{}},{}])"), "messages[1].type must be a string"},
      {append(R"([{"type":"","data":{}}])"), "messages[0].type must not be empty"},
      {append(R"([{"type":"T"}])"), "messages[0].data must be an object"},
      {append(R"([{"type":"T","data":[]}])"), "messages[0].data must be an object"},
      {append(R"([{"type":"T","data":{},"metadata":5}])"),
       "messages[0].metadata must be an object or null"},
      {append(R"([{"type":"T","data":{},"id":5}])"), "messages[0].id must be a string"},
      {append(R"([{"type":"T","data":{},"id":null}])"), "messages[0].id must be a string"},
      {append(R"([{"type":"T","data":{},"id":"x"}])"), "messages[0].id must be a UUID"},
      {append(many(1), "null"), "options must be an object"},
      {append(many(1), R"({"expectedVersion":"1"})"), "expectedVersion must be an integer"},
      {append(many(1), R"({"expectedVersion":1.5})"), "expectedVersion must be an integer"},
      {append(many(1), R"({"expectedVersion":null})"), "expectedVersion must be an integer"},
  };
  for (const auto& [body, text] : rows) {
    EXPECT_NE(refusal(body).find(text), std::string::npos) << body << " -> " << refusal(body);
  }
  EXPECT_EQ(version_of("s-1"), "null") << "an invalid call stores nothing";
}

TEST_F(AppendTest, RefusesWrongStreamsAndNamesTheirPlace) {
  const std::string good = stream("a-1", many(1));
  const std::pair<std::string, const char*> rows[] = {
      {R"(["streams.append"])", "1 argument"},
      {R"(["streams.append",{}])", "streams must be an array"},
      {R"(["streams.append",[]])", "streams must not be empty"},
      {append_streams("5"), "streams[0] must be an object"},
      {append_streams(good + ",[]"), "streams[1] must be an object"},
      {append_streams(good + ",{}"), "streams[1].stream must be a string"},
      {append_streams(stream("", many(1))), "streams[0].stream must not be empty"},
      {append_streams(stream(std::string(limits::kStreamNameBytesMax + 1, 'x'), many(1))),
       "streams[0].stream must not be longer than 4096 bytes"},
      {append_streams(R"({"stream":"a"})"), "streams[0].messages must be an array"},
      {append_streams(good + "," + stream("b-1", "[]")), "streams[1].messages must not be empty"},
      {append_streams(good + "," + stream("b-1", R"([{"type":"T","data":{}},7])")),
       "streams[1].messages[1] must be an object"},
      {append_streams(good + "," + stream("b-1", R"([{"type":"T"}])")),
       "streams[1].messages[0].data must be an object"},
      {append_streams(good + "," + stream("b-1", R"([{"type":"T","data":{},"id":7}])")),
       "streams[1].messages[0].id must be a string"},
      {append_streams(good + "," + stream("b-1", many(1), "null")),
       "streams[1].expectedVersion must be an integer"},
  };
  for (const auto& [body, text] : rows) {
    EXPECT_NE(refusal(body).find(text), std::string::npos) << body << " -> " << refusal(body);
  }
  EXPECT_EQ(version_of("a-1"), "null") << "an invalid call stores nothing";
}

TEST_F(AppendTest, ACallHoldsTheMostMessagesAndNotOneMore) {
  EXPECT_EQ(call(append(many(limits::kAppendMessagesMax))).status, 200);
  EXPECT_NE(refusal(append(many(limits::kAppendMessagesMax + 1))).find("10000"), std::string::npos);
  EXPECT_EQ(version_of("s-1"), std::to_string(limits::kAppendMessagesMax - 1));
  // The limit is on the call, however it is spread over streams.
  const std::string half = stream("a-1", many(limits::kAppendMessagesMax / 2));
  EXPECT_EQ(call(append_streams(half + "," + half)).status, 200);
  EXPECT_NE(refusal(append_streams(half + "," + half + "," + stream("b-1", many(1)))).find("10000"),
            std::string::npos);
}

TEST_F(AppendTest, TheExpectedVersionIsThatBeforeTheFirstMessage) {
  EXPECT_EQ(call(append(many(2), R"({"expectedVersion":-1})")).status, 200);
  const auto conflict = call(append(many(2), R"({"expectedVersion":-1})"));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.code(), "STREAM_VERSION_CONFLICT");
  EXPECT_NE(conflict.body.find(R"("details":{"expected":-1,"actual":1})"), std::string::npos);
  EXPECT_EQ(call(append(many(2), R"({"expectedVersion":1})")).status, 200);
  EXPECT_EQ(version_of("s-1"), "3");
}

TEST_F(AppendTest, AnIdMayNotStandTwice) {
  const std::string id(kId);
  EXPECT_NE(refusal(append("[" + with_id(id) + "," + with_id(kOtherId) + "," + with_id(id) + "]"))
                .find("the id " + id + " stands twice"),
            std::string::npos);
  EXPECT_NE(refusal(append_streams(stream("a-1", "[" + with_id(id) + "]") + "," +
                                   stream("b-1", "[" + with_id(id) + "]")))
                .find(id),
            std::string::npos);
  EXPECT_EQ(version_of("s-1"), "null");
}

TEST_F(AppendTest, ARetryGetsTheFirstResult) {
  const std::string batch =
      append("[" + with_id(kId) + "," + with_id(kOtherId) + "]", R"({"expectedVersion":-1})");
  const auto first = call(batch);
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(call(batch).body, first.body);
  const auto part = call(append("[" + with_id(kId) + "," + std::string(kMessage) + "]"));
  EXPECT_EQ(part.status, 409);
  EXPECT_EQ(part.code(), "MESSAGE_ID_EXISTS");
  EXPECT_NE(part.body.find(R"("details":{"id":"0190163d-8694-739b-aea5-966c26f8ad91",)"
                           R"("stream":"s-1","position":0,"globalPosition":1})"),
            std::string::npos);
  const auto other = call(append("[" + with_id(kId, R"({"n":1})") + "]"));
  EXPECT_EQ(other.code(), "MESSAGE_ID_EXISTS");
  EXPECT_EQ(version_of("s-1"), "1");
}

TEST_F(AppendTest, StreamsAreAppendedTogether) {
  const auto reply =
      call(append_streams(stream("a-1", many(2), "-1") + "," + stream("b-1", many(1)) + "," +
                          stream("a-1", many(1), "1")));
  EXPECT_EQ(
      reply.body,
      R"([{"firstPosition":0,"lastPosition":1,"firstGlobalPosition":1,"lastGlobalPosition":2},)"
      R"({"firstPosition":0,"lastPosition":0,"firstGlobalPosition":3,"lastGlobalPosition":3},)"
      R"({"firstPosition":2,"lastPosition":2,"firstGlobalPosition":4,"lastGlobalPosition":4}])");
}

TEST_F(AppendTest, AConflictInOneStreamStoresNothingAndNamesIt) {
  ASSERT_EQ(call(append(many(1))).status, 200);
  const auto conflict =
      call(append_streams(stream("a-1", many(2), "-1") + "," + stream("s-1", many(1), "5") + "," +
                          stream("b-1", many(1), "9")));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.code(), "STREAM_VERSION_CONFLICT");
  EXPECT_NE(conflict.body.find(R"("details":{"expected":5,"actual":0,"stream":"s-1"})"),
            std::string::npos)
      << conflict.body;
  EXPECT_EQ(version_of("a-1"), "null");
  EXPECT_EQ(version_of("s-1"), "0");
}

TEST_F(AppendTest, OfRepeatedKeysTheLastWins) {
  ASSERT_EQ(call(append(R"([{"type":5,"id":"x","type":"A","data":[],"data":{},"id":""}])",
                        R"({"expectedVersion":7,"expectedVersion":-1})"))
                .status,
            200);
  ASSERT_EQ(call(append_streams(R"({"messages":5,"stream":"x","expectedVersion":3,"messages":)" +
                                many(1) + R"(,"stream":"a-1","expectedVersion":-1})"))
                .status,
            200);
  EXPECT_EQ(version_of("a-1"), "0");
  EXPECT_EQ(version_of("x"), "null");
}

}  // namespace
}  // namespace eventodb::rpc
