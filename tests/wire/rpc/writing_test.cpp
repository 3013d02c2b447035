// Writing: items 54 to 75 of the protocol's checklist.
#include <atomic>
#include <functional>
#include <regex>
#include <set>
#include <thread>

#include "support/server_process.hpp"
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

EVENTODB_WIRE_SUITE(WireWriting);

constexpr std::string_view kMessage = R"({"type":"T","data":{}})";
constexpr std::string_view kId = "0190163d-8694-739b-aea5-966c26f8ad91";

std::string write(std::string_view stream, std::string_view message = kMessage,
                  std::string_view options = "{}") {
  return "[\"stream.write\"," + json_text(stream) + "," + std::string(message) + "," +
         std::string(options) + "]";
}

std::string id_option(std::string_view id = kId) {
  return "{\"id\":" + json_text(id) + "}";
}

/// Runs `work(i)` on its own thread for each i below `count`.
void concurrently(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (auto& thread : threads) thread.join();
}

TEST_P(WireWriting, Item054TheFirstWriteIsAtPosition0) {
  const auto written = own_.write("account-1");
  EXPECT_EQ(as_int(written.at("position")), 0);
  EXPECT_GE(as_int(written.at("globalPosition")), 1);
}

TEST_P(WireWriting, Item055PositionsIncrease) {
  std::int64_t global = 0;
  for (int i = 0; i < 5; ++i) {
    const auto written = own_.write("account-1");
    EXPECT_EQ(as_int(written.at("position")), i);
    EXPECT_GT(as_int(written.at("globalPosition")), global);
    global = as_int(written.at("globalPosition"));
  }
}

TEST_P(WireWriting, Item056StreamNamesAreNonEmptyStrings) {
  for (const char* body : {R"(["stream.write"])", R"(["stream.write","",{"type":"T","data":{}}])",
                           R"(["stream.write",5,{"type":"T","data":{}}])",
                           R"(["stream.write",null,{"type":"T","data":{}}])"}) {
    own_.refused(body);
  }
}

TEST_P(WireWriting, Item057MessagesAreObjects) {
  own_.refused(R"(["stream.write","s"])");
  for (const char* message : {"null", "[]", "\"text\"", "5", "true"}) {
    own_.refused(write("s", message));
  }
}

TEST_P(WireWriting, Item058TypesAreNonEmptyStrings) {
  for (const char* message :
       {R"({"data":{}})", R"({"type":"","data":{}})", R"({"type":5,"data":{}})",
        R"({"type":null,"data":{}})", R"({"type":{},"data":{}})"}) {
    own_.refused(write("s", message));
  }
}

TEST_P(WireWriting, Item059DataIsAnObject) {
  for (const char* message :
       {R"({"type":"T"})", R"({"type":"T","data":null})", R"({"type":"T","data":[]})",
        R"({"type":"T","data":"x"})", R"({"type":"T","data":5})", R"({"type":"T","data":false})"}) {
    own_.refused(write("s", message));
  }
  own_.ok(write("s"));
  EXPECT_EQ(own_.result(R"(["stream.get","s"])").at(0).at(4), json::object());
}

TEST_P(WireWriting, Item060MetadataIsAnObjectOrNull) {
  own_.ok(write("s", R"({"type":"T","data":{}})"));
  own_.ok(write("s", R"({"type":"T","data":{},"metadata":null})"));
  own_.ok(write("s", R"({"type":"T","data":{},"metadata":{}})"));
  own_.refused(write("s", R"({"type":"T","data":{},"metadata":[]})"));
  own_.refused(write("s", R"({"type":"T","data":{},"metadata":"x"})"));
  const auto messages = own_.result(R"(["stream.get","s"])");
  EXPECT_TRUE(messages.at(0).at(5).is_null());
  EXPECT_TRUE(messages.at(1).at(5).is_null());
  EXPECT_EQ(messages.at(2).at(5), json::object());
  EXPECT_EQ(messages.as_array().size(), 3u);
}

TEST_P(WireWriting, Item061OptionsAreAnObject) {
  for (const char* options : {"null", "[]", "\"x\"", "5"}) {
    own_.refused(write("s", kMessage, options));
  }
}

TEST_P(WireWriting, Item062ASuppliedIdComesBackInLowerCase) {
  own_.ok(write("s", kMessage, id_option("0190163D-8694-739B-AEA5-966C26F8AD91")));
  EXPECT_EQ(as_string(own_.result(R"(["stream.get","s"])").at(0).at(0)), kId);
}

TEST_P(WireWriting, Item063OtherIdsAreRefusedAndTheEmptyOneIsNone) {
  own_.ok(write("s", kMessage, R"({"id":""})"));
  EXPECT_EQ(as_string(own_.result(R"(["stream.get","s"])").at(0).at(0)).size(), 36u);
  for (const char* options : {R"({"id":5})", R"({"id":null})", R"({"id":"x"})", R"({"id":{}})",
                              R"({"id":"0190163d8694739baea5966c26f8ad91"})",
                              R"({"id":"{0190163d-8694-739b-aea5-966c26f8ad91}"})"}) {
    own_.refused(write("s", kMessage, options));
  }
}

TEST_P(WireWriting, Item064GeneratedIdsAreVersion7) {
  own_.ok(write("s"));
  own_.ok(write("s"));
  const std::regex version_7(
      "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
  const auto messages = own_.result(R"(["stream.get","s"])");
  const std::string first = as_string(messages.at(0).at(0));
  const std::string second = as_string(messages.at(1).at(0));
  EXPECT_TRUE(std::regex_match(first, version_7)) << first;
  EXPECT_LT(first, second);
}

TEST_P(WireWriting, Item065TheSameIdAgainStoresNothing) {
  const std::string message = R"({"type":"T","data":{"a":1},"metadata":{"m":1}})";
  const auto first = own_.ok(write("s-1", message, id_option()));
  own_.write("s-1");
  EXPECT_EQ(own_.ok(write("s-1", message, id_option())).body(), first.body());
  const std::string spaced = R"({ "metadata": {"m" : 1}, "data" : { "a":1 }, "type":"T" })";
  EXPECT_EQ(own_.ok(write("s-1", spaced, id_option())).body(), first.body());
  const std::string expecting = "{\"id\":" + json_text(kId) + ",\"expectedVersion\":77}";
  EXPECT_EQ(own_.ok(write("s-1", message, expecting)).body(), first.body());

  const std::pair<std::string, std::string> others[] = {
      {"s-2", message},
      {"s-1", R"({"type":"U","data":{"a":1},"metadata":{"m":1}})"},
      {"s-1", R"({"type":"T","data":{"a":2},"metadata":{"m":1}})"},
      {"s-1", R"({"type":"T","data":{"a":1},"metadata":{"m":2}})"},
      {"s-1", R"({"type":"T","data":{"a":1}})"},
  };
  for (const auto& [stream, other] : others) {
    const auto reply = own_.call(write(stream, other, id_option()));
    EXPECT_EQ(reply.status(), 409) << other;
    EXPECT_EQ(reply.code(), "MESSAGE_ID_EXISTS") << other;
    EXPECT_EQ(as_string(reply.details().at("id")), kId);
    EXPECT_EQ(as_string(reply.details().at("stream")), "s-1");
    EXPECT_EQ(as_int(reply.details().at("position")), 0);
    EXPECT_EQ(reply.details().at("globalPosition"), first.json().at("globalPosition"));
  }
  EXPECT_EQ(own_.result(R"(["stream.version","s-1"])"), 1);

  Caller elsewhere = connect_with(create_namespace(namespace_id_ + "-other"));
  EXPECT_EQ(as_int(elsewhere.result(write("s-2", message, id_option())).at("position")), 0);
}

TEST_P(WireWriting, Item066ExpectedVersionMinus1WantsANewStream) {
  own_.ok(write("s", kMessage, R"({"expectedVersion":-1})"));
  const auto conflict = own_.call(write("s", kMessage, R"({"expectedVersion":-1})"));
  EXPECT_EQ(conflict.status(), 409);
  EXPECT_EQ(conflict.code(), "STREAM_VERSION_CONFLICT");
}

TEST_P(WireWriting, Item067ExpectedVersion0ConflictsOnANewStream) {
  const auto conflict = own_.call(write("s", kMessage, R"({"expectedVersion":0})"));
  EXPECT_EQ(conflict.status(), 409);
  EXPECT_NE(conflict.body().find(R"("details":{"expected":0,"actual":-1})"), std::string::npos)
      << conflict.body();
}

TEST_P(WireWriting, Item068ExpectedVersionIsTheLastPosition) {
  own_.write("s");
  own_.write("s");
  for (const int wrong : {-1, 0, 2, 5, -2}) {
    const auto conflict =
        own_.call(write("s", kMessage, "{\"expectedVersion\":" + std::to_string(wrong) + "}"));
    EXPECT_EQ(conflict.status(), 409) << wrong;
    EXPECT_EQ(as_int(conflict.details().at("expected")), wrong);
    EXPECT_EQ(as_int(conflict.details().at("actual")), 1);
  }
  EXPECT_EQ(own_.result(write("s", kMessage, R"({"expectedVersion":1})")).at("position"), 2);
  EXPECT_EQ(own_.result(write("s", kMessage, R"({"expectedVersion":2.0})")).at("position"), 3);
}

TEST_P(WireWriting, Item069ExpectedVersionIsAnInteger) {
  for (const char* value : {"null", "\"1\"", "1.5", "true", "[]", "9223372036854775808", "1e400"}) {
    own_.refused(write("s", kMessage, "{\"expectedVersion\":" + std::string(value) + "}"));
  }
}

TEST_P(WireWriting, Item070OfTenWithTheSameExpectationOneWins) {
  own_.write("s");
  std::atomic<int> successes = 0;
  std::atomic<int> conflicts = 0;
  concurrently(10, [&](int) {
    Caller caller = connect();
    const int status = caller.call(write("s", kMessage, R"({"expectedVersion":0})")).status();
    if (status == 200) ++successes;
    if (status == 409) ++conflicts;
  });
  EXPECT_EQ(successes, 1);
  EXPECT_EQ(conflicts, 9);
  EXPECT_EQ(own_.result(R"(["stream.version","s"])"), 1);
}

TEST_P(WireWriting, Item071TenUnconditionalWritesTakeConsecutivePositions) {
  std::vector<std::int64_t> positions(10);
  concurrently(10, [&](int i) {
    Caller caller = connect();
    positions[static_cast<std::size_t>(i)] = as_int(caller.write("s").at("position"));
  });
  EXPECT_EQ(std::set<std::int64_t>(positions.begin(), positions.end()),
            (std::set<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_P(WireWriting, Item072FiftyStreamsAtOnce) {
  std::vector<std::int64_t> globals(50);
  concurrently(50, [&](int i) {
    Caller caller = connect();
    const auto written = caller.write("s-" + std::to_string(i));
    EXPECT_EQ(as_int(written.at("position")), 0);
    globals[static_cast<std::size_t>(i)] = as_int(written.at("globalPosition"));
  });
  EXPECT_EQ(std::set<std::int64_t>(globals.begin(), globals.end()).size(), 50u);
}

TEST_P(WireWriting, Item073AConflictLeavesTheStreamUnchanged) {
  own_.write("s", R"({"n":1})");
  const auto before = own_.ok(R"(["stream.get","s"])").body();
  EXPECT_EQ(own_.call(write("s", kMessage, R"({"expectedVersion":5})")).status(), 409);
  EXPECT_EQ(own_.ok(R"(["stream.get","s"])").body(), before);
}

TEST_P(WireWriting, Item074AWriteIsVisibleToOtherConnectionsAtOnce) {
  Caller reader = connect();
  for (int i = 0; i < 50; ++i) {
    own_.write("s-1");
    EXPECT_EQ(reader.result(R"(["stream.version","s-1"])"), i);
    EXPECT_EQ(reader.result(R"(["category.get","s",{"batchSize":-1}])").as_array().size(),
              static_cast<std::size_t>(i + 1));
  }
}

TEST(WireWritingDurable, Item075AcknowledgedWritesSurviveAKill) {
  const TemporaryDirectory directory;
  ServerFlags flags;
  flags.arguments = {"-token", admin_token(), "-data-dir", directory.path()};
  {
    ServerProcess server(flags);
    Caller caller(server.port(), admin_token());
    for (int i = 0; i < 200; ++i) caller.write("s-" + std::to_string(i % 7), R"({"n":1})");
    server.kill();
  }
  const ServerProcess server(flags);
  Caller caller(server.port(), admin_token());
  EXPECT_EQ(caller.result(R"(["category.get","s",{"batchSize":-1}])").as_array().size(), 200u);
  EXPECT_EQ(as_int(caller.write("s-0").at("globalPosition")), 201);
}

}  // namespace
}  // namespace eventodb::test
