#include <regex>

#include "base/uuid.hpp"
#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

using test::as_int;
using test::as_string;
using test::DispatcherTest;

class StreamWriteTest : public DispatcherTest {
 protected:
  std::string write(std::string_view message, std::string_view options = "{}") {
    return "[\"stream.write\",\"s-1\"," + std::string(message) + "," + std::string(options) + "]";
  }
  /// The only message of s-1.
  test::json::value stored() { return call("[\"stream.get\",\"s-1\"]").json().at(0); }
};

constexpr std::string_view kMessage = R"({"type":"T","data":{}})";

TEST_F(StreamWriteTest, AnswersWithThePositions) {
  EXPECT_EQ(call(write(kMessage)).body, R"({"position":0,"globalPosition":1})");
  EXPECT_EQ(call(write(kMessage)).body, R"({"position":1,"globalPosition":2})");
}

TEST_F(StreamWriteTest, RefusesWrongArguments) {
  const std::pair<const char*, const char*> rows[] = {
      {R"(["stream.write",5,{"type":"T","data":{}}])", "streamName"},
      {R"(["stream.write",null,{"type":"T","data":{}}])", "streamName"},
      {R"(["stream.write","",{"type":"T","data":{}}])", "streamName"},
      {R"(["stream.write","s",null])", "message"},
      {R"(["stream.write","s","text"])", "message"},
      {R"(["stream.write","s",[]])", "message"},
      {R"(["stream.write","s",{}])", "message.type"},
      {R"(["stream.write","s",{"type":null,"data":{}}])", "message.type"},
      {R"(["stream.write","s",{"type":5,"data":{}}])", "message.type"},
      {R"(["stream.write","s",{"type":"","data":{}}])", "message.type"},
      {R"(["stream.write","s",{"type":"T"}])", "message.data"},
      {R"(["stream.write","s",{"type":"T","data":null}])", "message.data"},
      {R"(["stream.write","s",{"type":"T","data":[]}])", "message.data"},
      {R"(["stream.write","s",{"type":"T","data":"x"}])", "message.data"},
      {R"(["stream.write","s",{"type":"T","data":5}])", "message.data"},
      {R"(["stream.write","s",{"type":"T","data":{},"metadata":[]}])", "message.metadata"},
      {R"(["stream.write","s",{"type":"T","data":{},"metadata":"x"}])", "message.metadata"},
      {R"(["stream.write","s",{"type":"T","data":{},"metadata":false}])", "message.metadata"},
      {R"(["stream.write","s",{"type":"T","data":{}},null])", "options"},
      {R"(["stream.write","s",{"type":"T","data":{}},[]])", "options"},
      {R"(["stream.write","s",{"type":"T","data":{}},"x"])", "options"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"id":5}])", "id"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"id":null}])", "id"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"id":"x"}])", "id"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"expectedVersion":null}])",
       "expectedVersion"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"expectedVersion":"1"}])", "expectedVersion"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"expectedVersion":1.5}])", "expectedVersion"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"expectedVersion":9223372036854775808}])",
       "expectedVersion"},
      {R"(["stream.write","s",{"type":"T","data":{}},{"expectedVersion":1e400}])",
       "expectedVersion"},
  };
  for (const auto& [body, named] : rows) {
    EXPECT_NE(refusal(body).find(named), std::string::npos) << body;
  }
  EXPECT_EQ(call("[\"stream.get\",\"s\"]").body, "[]");
}

TEST_F(StreamWriteTest, ChecksGoFromLeftToRight) {
  EXPECT_NE(refusal(R"(["stream.write",5,{"type":5},null])").find("streamName"), std::string::npos);
  EXPECT_NE(refusal(R"(["stream.write","s",{"metadata":5,"data":5,"type":5},null])").find("type"),
            std::string::npos);
  EXPECT_NE(refusal(R"(["stream.write","s",{"metadata":5,"data":5,"type":"T"},null])").find("data"),
            std::string::npos);
  EXPECT_NE(refusal(R"(["stream.write","s",{"type":"T","data":{}},{"expectedVersion":"x","id":5}])")
                .find("id must"),
            std::string::npos);
}

TEST_F(StreamWriteTest, NamesAndTypesHaveALimit) {
  const std::string longest(limits::kStreamNameBytesMax, 'x');
  const auto with_stream = [](const std::string& name) {
    return "[\"stream.write\",\"" + name + "\",{\"type\":\"T\",\"data\":{}}]";
  };
  EXPECT_EQ(call(with_stream(longest)).status, 200);
  EXPECT_NE(refusal(with_stream(longest + "x")).find("4096"), std::string::npos);
  // The limit is on the bytes the name says, not on its spelling.
  std::string escaped;
  for (int i = 0; i < 4096; ++i) escaped += "\\u0061";
  EXPECT_EQ(call(with_stream(escaped)).status, 200);
  EXPECT_EQ(call(with_stream(escaped + "b")).status, 400);

  const auto with_type = [](const std::string& type) {
    return "[\"stream.write\",\"s\",{\"type\":\"" + type + "\",\"data\":{}}]";
  };
  EXPECT_EQ(call(with_type(std::string(limits::kTypeBytesMax, 'x'))).status, 200);
  EXPECT_EQ(call(with_type(std::string(limits::kTypeBytesMax + 1, 'x'))).status, 400);
}

TEST_F(StreamWriteTest, MetadataMayBeAbsentOrNull) {
  for (const char* message :
       {R"({"type":"T","data":{}})", R"({"type":"T","data":{},"metadata":null})"}) {
    ASSERT_EQ(call(write(message)).status, 200);
    const auto last = call("[\"stream.last\",\"s-1\"]").json();
    EXPECT_TRUE(last.at(5).is_null()) << message;
  }
  ASSERT_EQ(call(write(R"({"type":"T","data":{},"metadata":{}})")).status, 200);
  EXPECT_TRUE(call("[\"stream.last\",\"s-1\"]").json().at(5).as_object().empty());
}

TEST_F(StreamWriteTest, DataComesBackByteForByteWithoutSpace) {
  ASSERT_EQ(call(write("{ \"type\" : \"T\" , \"data\" : { \"b\" : 1.0 , \"a\" : [ 1e2 , "
                       "12345678901234567890, -0.0, 1e400 ], \"s\":\" x \\u0000\\ud800 \" } }"))
                .status,
            200);
  EXPECT_NE(call("[\"stream.get\",\"s-1\"]")
                .body.find("{\"b\":1.0,\"a\":[1e2,12345678901234567890,-0.0,1e400],"
                           "\"s\":\" x \\u0000\\ud800 \"}"),
            std::string::npos);
}

TEST_F(StreamWriteTest, OfRepeatedKeysTheLastWins) {
  ASSERT_EQ(call(write(R"({"type":5,"data":null,"type":"A","data":{"x":1},"metadata":5,)"
                       R"("t\u0079pe":"B","dat\u0061":{"x":2},"metadata":null})",
                       R"({"expectedVersion":7,"expected\u0056ersion":-1,"id":5,"id":""})"))
                .status,
            200);
  const auto message = stored();
  EXPECT_EQ(as_string(message.at(1)), "B");
  EXPECT_EQ(as_int(message.at(4).at("x")), 2);
  EXPECT_TRUE(message.at(5).is_null());
  // Inside data nothing is interpreted: both stay.
  ASSERT_EQ(call(write(R"({"type":"T","data":{"k":1,"k":2}})")).status, 200);
  EXPECT_NE(call("[\"stream.get\",\"s-1\"]").body.find(R"({"k":1,"k":2})"), std::string::npos);
}

TEST_F(StreamWriteTest, IdsAreUuidsInEitherCase) {
  ASSERT_EQ(call(write(kMessage, R"({"id":"0190163D-8694-739B-AEA5-966C26F8AD91"})")).status, 200);
  EXPECT_EQ(as_string(stored().at(0)), "0190163d-8694-739b-aea5-966c26f8ad91");
  for (const char* id :
       {"0190163d8694739baea5966c26f8ad91", "{0190163d-8694-739b-aea5-966c26f8ad91}",
        "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91", "0190163d-8694-739b-aea5-966c26f8ad9",
        " 0190163d-8694-739b-aea5-966c26f8ad91", "0190163d-8694-739b-aea5-966c26f8ad9g"}) {
    EXPECT_NE(refusal(write(kMessage, "{\"id\":\"" + std::string(id) + "\"}")).find("id"),
              std::string::npos);
  }
}

TEST_F(StreamWriteTest, WithoutAnIdTheServerMakesAVersion7) {
  ASSERT_EQ(call(write(kMessage, R"({"id":""})")).status, 200);
  const std::regex version_7(
      "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
  EXPECT_TRUE(std::regex_match(as_string(stored().at(0)), version_7));
}

TEST_F(StreamWriteTest, ExpectedVersionMustMatch) {
  const auto conflict = call(write(kMessage, R"({"expectedVersion":0})"));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.code(), "STREAM_VERSION_CONFLICT");
  EXPECT_NE(conflict.body.find(R"("details":{"expected":0,"actual":-1})"), std::string::npos);
  EXPECT_EQ(call(write(kMessage, R"({"expectedVersion":-1})")).status, 200);
  EXPECT_EQ(call(write(kMessage, R"({"expectedVersion":0.0})")).status, 200);
  EXPECT_EQ(call(write(kMessage, R"({"expectedVersion":10e-1})")).status, 200);
  EXPECT_EQ(call(write(kMessage, R"({"expectedVersion":-1})")).status, 409);
}

TEST_F(StreamWriteTest, ARetryGetsTheFirstResult) {
  constexpr std::string_view kId = R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91"})";
  const auto first = call(write(R"({"type":"T","data":{"a":1}})", kId));
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(call(write(R"({ "data" : { "a" : 1 }, "type":"T" })", kId)).body, first.body);
  const auto other = call(write(R"({"type":"T","data":{"a":2}})", kId));
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.code(), "MESSAGE_ID_EXISTS");
  EXPECT_NE(other.body.find(R"("details":{"id":"0190163d-8694-739b-aea5-966c26f8ad91",)"
                            R"("stream":"s-1","position":0,"globalPosition":1})"),
            std::string::npos);
}

class StreamReadTest : public DispatcherTest {
 protected:
  /// The positions stream.get returns.
  std::string positions(std::string_view options) {
    const auto reply = call("[\"stream.get\",\"s\"," + std::string(options) + "]");
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::string list;
    for (const auto& tuple : reply.json().as_array()) {
      EXPECT_EQ(tuple.as_array().size(), 7u);
      list += std::to_string(as_int(tuple.at(2))) + " ";
    }
    return list;
  }
};

TEST_F(StreamReadTest, OptionsSelectMessages) {
  write_messages("other", 3);  // so that global positions differ from positions
  write_messages("s", 6);
  EXPECT_EQ(positions("{}"), "0 1 2 3 4 5 ");
  EXPECT_EQ(positions(R"({"position":4})"), "4 5 ");
  EXPECT_EQ(positions(R"({"position":-9})"), "0 1 2 3 4 5 ");
  EXPECT_EQ(positions(R"({"position":9223372036854775807})"), "");
  EXPECT_EQ(positions(R"({"position":2,"batchSize":2})"), "2 3 ");
  EXPECT_EQ(positions(R"({"batchSize":2.0})"), "0 1 ");
  EXPECT_EQ(positions(R"({"batchSize":-1})"), "0 1 2 3 4 5 ");
  EXPECT_EQ(positions(R"({"batchSize":0})"), "0 1 2 3 4 5 ");
  EXPECT_EQ(positions(R"({"globalPosition":8})"), "4 5 ");
  EXPECT_EQ(positions(R"({"globalPosition":8,"position":0})"), "4 5 ");
  EXPECT_EQ(positions(R"({"globalPosition":1,"position":5})"), "0 1 2 3 4 5 ");
  EXPECT_EQ(positions(R"({"globalPosition":-1,"batchSize":1})"), "0 ");
  EXPECT_EQ(positions(R"({"globalPosition":100})"), "");
}

TEST_F(StreamReadTest, BatchSizeHasBounds) {
  for (const char* size : {"10001", "1000000", "-2", "1.5", "\"5\"", "null", "1e400", "[]"}) {
    EXPECT_NE(refusal("[\"stream.get\",\"s\",{\"batchSize\":" + std::string(size) + "}]")
                  .find("batchSize"),
              std::string::npos)
        << size;
  }
  EXPECT_EQ(positions(R"({"batchSize":10000})"), "");
  for (const char* name : {"position", "globalPosition"}) {
    for (const char* value : {"\"5\"", "null", "true", "0.5", "{}", "9223372036854775808"}) {
      EXPECT_NE(refusal("[\"stream.get\",\"s\",{\"" + std::string(name) + "\":" + value + "}]")
                    .find(name),
                std::string::npos);
    }
  }
}

TEST_F(StreamReadTest, TheDefaultIsAThousand) {
  write_messages("s", 1005);
  EXPECT_EQ(call("[\"stream.get\",\"s\"]").json().as_array().size(), 1000u);
  EXPECT_EQ(call("[\"stream.get\",\"s\",{\"batchSize\":0}]").json().as_array().size(), 1000u);
  EXPECT_EQ(call("[\"stream.get\",\"s\",{\"batchSize\":-1}]").json().as_array().size(), 1005u);
}

TEST_F(StreamReadTest, EmptyOrWrongStreamNamesAreRefused) {
  for (const char* method : {"stream.get", "stream.last", "stream.version"}) {
    for (const char* name : {"\"\"", "5", "null", "{}"}) {
      const std::string body = "[\"" + std::string(method) + "\"," + name + "]";
      EXPECT_NE(refusal(body).find("streamName"), std::string::npos) << body;
    }
  }
}

TEST_F(StreamReadTest, LastAndVersion) {
  EXPECT_EQ(call("[\"stream.last\",\"s\"]").body, "null");
  EXPECT_EQ(call("[\"stream.version\",\"s\"]").body, "null");
  for (const char* type : {"A", "B", "A"}) {
    ASSERT_EQ(call("[\"stream.write\",\"s\",{\"type\":\"" + std::string(type) + "\",\"data\":{}}]")
                  .status,
              200);
  }
  EXPECT_EQ(call("[\"stream.version\",\"s\"]").body, "2");
  const auto position = [&](std::string_view options) {
    return as_int(call("[\"stream.last\",\"s\"," + std::string(options) + "]").json().at(2));
  };
  EXPECT_EQ(position("{}"), 2);
  EXPECT_EQ(position(R"({"type":""})"), 2);
  EXPECT_EQ(position(R"({"type":"B"})"), 1);
  EXPECT_EQ(call("[\"stream.last\",\"s\",{\"type\":\"b\"}]").body, "null");
  EXPECT_NE(refusal("[\"stream.last\",\"s\",{\"type\":5}]").find("type"), std::string::npos);
  EXPECT_NE(refusal("[\"stream.last\",\"s\",{\"type\":null}]").find("type"), std::string::npos);
  EXPECT_NE(refusal("[\"stream.last\",\"s\",null]").find("options"), std::string::npos);
}

}  // namespace
}  // namespace eventodb::rpc
