// Reading streams: items 76 to 90 of the protocol's checklist.
#include <chrono>
#include <regex>
#include <set>
#include <thread>

#include "base/rfc3339.hpp"
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

class ReadingFixture : public EveryBackend {
 protected:
  /// The positions stream.get of "s" returns, each followed by a space.
  std::string positions(std::string_view options) {
    std::string list;
    const auto reply = own_.ok("[\"stream.get\",\"s\"," + std::string(options) + "]");
    for (const auto& tuple : reply.json().as_array()) {
      list += std::to_string(as_int(tuple.at(2))) + " ";
    }
    return list;
  }
  std::size_t count(std::string_view options) {
    return own_.result("[\"stream.get\",\"s\"," + std::string(options) + "]").as_array().size();
  }
  void write_messages(int count) {
    for (int i = 0; i < count; ++i) own_.write("s");
  }
  /// Many messages in few requests: batches of calls.
  void write_many(int count) {
    constexpr int kPerBatch = 1000;
    const std::string call =
        R"({"jsonrpc":"2.0","method":"stream.write","params":["s",{"type":"T","data":{}}]})";
    for (int written = 0; written < count; written += kPerBatch) {
      std::string batch = "[";
      for (int i = written; i < std::min(count, written + kPerBatch); ++i) {
        if (batch.size() > 1) batch += ',';
        batch += call;
      }
      EXPECT_EQ(own_.call(batch + "]").status(), 204);
    }
  }
};

using WireReading = ReadingFixture;
INSTANTIATE_TEST_SUITE_P(Wire, WireReading, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(WireReading, Item076AnUnknownStreamIsEmpty) {
  EXPECT_EQ(own_.ok(R"(["stream.get","nothing"])").body(), "[]");
}

TEST_P(WireReading, Item077TuplesHaveSevenElements) {
  own_.write("s", R"({"a":1})", R"({"m":1})");
  own_.write("s");
  const auto messages = own_.result(R"(["stream.get","s"])");
  ASSERT_EQ(messages.as_array().size(), 2u);
  for (const auto& tuple : messages.as_array()) {
    ASSERT_EQ(tuple.as_array().size(), 7u);
    EXPECT_TRUE(tuple.at(0).is_string());
    EXPECT_TRUE(tuple.at(1).is_string());
    EXPECT_TRUE(tuple.at(2).is_int64());
    EXPECT_TRUE(tuple.at(3).is_int64());
    EXPECT_TRUE(tuple.at(4).is_object());
    EXPECT_TRUE(tuple.at(6).is_string());
  }
  EXPECT_TRUE(messages.at(0).at(5).is_object());
  EXPECT_TRUE(messages.at(1).at(5).is_null());
}

TEST_P(WireReading, Item078OrderIsByPosition) {
  write_messages(5);
  EXPECT_EQ(positions("{}"), "0 1 2 3 4 ");
}

TEST_P(WireReading, Item079PositionIsInclusive) {
  write_messages(10);
  EXPECT_EQ(positions(R"({"position":5})"), "5 6 7 8 9 ");
  EXPECT_EQ(positions(R"({"position":10})"), "");
  EXPECT_EQ(positions(R"({"position":9223372036854775807})"), "");
}

TEST_P(WireReading, Item080ANegativePositionIsTheStart) {
  write_messages(3);
  EXPECT_EQ(positions(R"({"position":-1})"), "0 1 2 ");
  EXPECT_EQ(positions(R"({"position":-9223372036854775808})"), "0 1 2 ");
}

TEST_P(WireReading, Item081GlobalPositionOverridesPosition) {
  own_.write("other");
  write_messages(3);
  own_.write("other");
  write_messages(2);  // global positions 2 3 4 6 7
  EXPECT_EQ(positions(R"({"globalPosition":3})"), "1 2 3 4 ");
  EXPECT_EQ(positions(R"({"globalPosition":5})"), "3 4 ");
  EXPECT_EQ(positions(R"({"globalPosition":3,"position":4})"), "1 2 3 4 ");
  EXPECT_EQ(positions(R"({"globalPosition":3,"batchSize":2})"), "1 2 ");
  EXPECT_EQ(positions(R"({"globalPosition":-5})"), "0 1 2 3 4 ");
  EXPECT_EQ(positions(R"({"globalPosition":8})"), "");
}

TEST_P(WireReading, Item082LimitsOfABatch) {
  write_many(10'050);
  EXPECT_EQ(count("{}"), 1000u);
  EXPECT_EQ(count(R"({"batchSize":10})"), 10u);
  EXPECT_EQ(count(R"({"batchSize":10000})"), 10'000u);
  EXPECT_EQ(count(R"({"batchSize":-1})"), 10'050u);
  EXPECT_EQ(positions(R"({"position":10047,"batchSize":-1})"), "10047 10048 10049 ");
}

TEST_P(WireReading, Item083BatchSize0IsTheDefault) {
  write_many(1010);
  EXPECT_EQ(count(R"({"batchSize":0})"), 1000u);
}

TEST_P(WireReading, Item084BatchSizeHasBounds) {
  for (const char* size : {"10001", "1000000", "-2", "-9223372036854775808"}) {
    const std::string body = "[\"stream.get\",\"s\",{\"batchSize\":" + std::string(size) + "}]";
    EXPECT_NE(own_.refused(body).find("batchSize"), std::string::npos) << size;
  }
}

TEST_P(WireReading, Item085NumericOptionsAreIntegers) {
  for (const char* name : {"position", "globalPosition", "batchSize"}) {
    for (const char* value : {"\"5\"", "null", "true", "[]", "{}", "1.5", "1e400"}) {
      own_.refused("[\"stream.get\",\"s\",{\"" + std::string(name) + "\":" + value + "}]");
    }
  }
  write_messages(3);
  EXPECT_EQ(positions(R"({"position":1.0,"batchSize":10e-1})"), "1 ");
}

TEST_P(WireReading, Item086TheLastMessage) {
  EXPECT_EQ(own_.ok(R"(["stream.last","s"])").body(), "null");
  write_messages(3);
  const auto last = own_.result(R"(["stream.last","s"])");
  ASSERT_EQ(last.as_array().size(), 7u);
  EXPECT_EQ(as_int(last.at(2)), 2);
}

TEST_P(WireReading, Item087TheLastMessageOfAType) {
  for (const char* type : {"A", "B", "A", "C"}) {
    own_.ok("[\"stream.write\",\"s\",{\"type\":\"" + std::string(type) + "\",\"data\":{}}]");
  }
  const auto position = [&](std::string_view type) {
    return as_int(
        own_.result("[\"stream.last\",\"s\",{\"type\":" + std::string(type) + "}]").at(2));
  };
  EXPECT_EQ(position("\"A\""), 2);
  EXPECT_EQ(position("\"B\""), 1);
  EXPECT_EQ(position("\"\""), 3);
  EXPECT_EQ(own_.ok(R"(["stream.last","s",{"type":"D"}])").body(), "null");
  EXPECT_EQ(own_.ok(R"(["stream.last","s",{"type":"a"}])").body(), "null");
  own_.refused(R"(["stream.last","s",{"type":5}])");
  own_.refused(R"(["stream.last","s",{"type":null}])");
}

TEST_P(WireReading, Item088TheVersionGrows) {
  EXPECT_EQ(own_.ok(R"(["stream.version","s"])").body(), "null");
  own_.write("s");
  EXPECT_EQ(own_.ok(R"(["stream.version","s"])").body(), "0");
  own_.write("s");
  EXPECT_EQ(own_.ok(R"(["stream.version","s"])").body(), "1");
}

TEST_P(WireReading, Item089TimesAreNowInUtc) {
  const auto before = base::wall_clock_now();
  own_.write("s");
  const auto after = base::wall_clock_now();
  const std::string time = as_string(own_.result(R"(["stream.last","s"])").at(6));
  EXPECT_TRUE(std::regex_match(time, std::regex(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$)")));
  const auto parsed = base::parse_rfc3339(time);
  ASSERT_TRUE(parsed);
  EXPECT_GE(*parsed, before);
  EXPECT_LE(*parsed, after);
}

TEST_P(WireReading, Item090TimesTellMessagesApart) {
  own_.write("s");
  // The wait is what the item is about, not a synchronisation.
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  own_.write("s");
  const auto messages = own_.result(R"(["stream.get","s"])");
  const auto first = base::parse_rfc3339(as_string(messages.at(0).at(6)));
  const auto second = base::parse_rfc3339(as_string(messages.at(1).at(6)));
  EXPECT_GE(second->us - first->us, 9'000);
}

}  // namespace
}  // namespace eventodb::test
