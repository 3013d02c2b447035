// Values: items 91 to 96 of the protocol's checklist.
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

class ValuesFixture : public EveryBackend {
 protected:
  /// Writes the text as data and as metadata and expects both back byte for byte.
  void expect_round_trip(const std::string& object) {
    own_.write("s", object, object);
    const auto reply = own_.ok(R"(["stream.last","s"])");
    EXPECT_NE(reply.body().find("," + object + "," + object + ","), std::string::npos)
        << reply.body().substr(0, 1000);
  }
};

using WireValues = ValuesFixture;
INSTANTIATE_TEST_SUITE_P(Wire, WireValues, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(WireValues, Item091ValuesOfEveryKind) {
  expect_round_trip(R"({"text":"Grüße, 世界 😀","empty":"","yes":true,"no":false,"nothing":null})");
  expect_round_trip(R"({"nested":{"a":{"b":{"c":[]}}},"mixed":[1,"two",null,true,{"x":[]},[[]]]})");
  expect_round_trip(R"({"escapes":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00<>&","":{"":""}})");
  expect_round_trip("{}");
}

TEST_P(WireValues, Item092LargeIntegersAreExact) {
  expect_round_trip(R"({"a":9007199254740993,"b":12345678901234567890,"c":-9223372036854775808})");
  expect_round_trip(R"({"d":123456789012345678901234567890,"e":1e400,"f":-1E-400})");
}

TEST_P(WireValues, Item093NumbersKeepTheirSpelling) {
  expect_round_trip(R"({"a":1.0,"b":1e2,"c":-0.0,"d":0.1,"e":1E+2,"f":100,"g":0.10})");
}

TEST_P(WireValues, Item094KeyOrderIsKept) {
  expect_round_trip(R"({"z":1,"a":2,"M":3,"b":{"y":1,"x":2},"1":4})");
}

TEST_P(WireValues, Item095NulRoundTrips) {
  expect_round_trip(R"({"a":"x\u0000y","\u0000":1})");
  own_.ok("[\"stream.write\",\"n\\u0000ul\",{\"type\":\"t\\u0000\",\"data\":{}}]");
  const auto message = own_.result("[\"stream.last\",\"n\\u0000ul\",{\"type\":\"t\\u0000\"}]");
  EXPECT_EQ(as_string(message.at(1)), std::string("t\0", 2));
}

TEST_P(WireValues, UnpairedSurrogatesAndInvalidUtf8AreNeverStoredWrong) {
  expect_round_trip(R"({"a":"\ud800","b":"x\udc00y"})");
  own_.refused("[\"stream.write\",\"s\",{\"type\":\"T\",\"data\":{\"a\":\"\xff\"}}]");
  own_.refused("[\"stream.write\",\"\xc3\x28\",{\"type\":\"T\",\"data\":{}}]");
}

TEST_P(WireValues, InsignificantSpaceIsDropped) {
  own_.write("s", "{ \"a\" :\n[ 1 ,\t2 ] , \"b c\" : \" x \" }");
  EXPECT_NE(own_.ok(R"(["stream.last","s"])").body().find("{\"a\":[1,2],\"b c\":\" x \"}"),
            std::string::npos);
}

TEST_P(WireValues, Item096StreamNamesMayHoldAnything) {
  const std::string names[] = {
      "a.b_c-1",
      "with space-1",
      "plus+plus-1+2",
      "slash/path-1",
      "quote\"d-1",
      "back\\slash-1",
      "co:lon-1",
      "Grüße-été",
      "世界-😀",
      "%41-%2f",
      "'; DROP--",
      "-",
      "-x",
      "a-",
      "...",
      "a?b&c=d#e-1",
      std::string(1024, 'x') + "-1",
  };
  for (const auto& name : names) {
    own_.write(name, R"({"n":1})");
    own_.write(name, R"({"n":2})");
    const std::string json_name = json_text(name);
    const std::string category = name.substr(0, name.find('-'));
    EXPECT_EQ(own_.result("[\"stream.get\"," + json_name + "]").as_array().size(), 2u) << name;
    EXPECT_EQ(own_.result("[\"stream.version\"," + json_name + "]"), 1) << name;
    EXPECT_EQ(own_.result("[\"stream.last\"," + json_name + "]").at(2), 1) << name;
    const auto listed = own_.result("[\"ns.streams\",{\"prefix\":" + json_name + "}]");
    ASSERT_GE(listed.as_array().size(), 1u) << name;
    EXPECT_EQ(as_string(listed.at(0).at("stream")), name);
    bool found = false;
    const auto messages =
        own_.result("[\"category.get\"," + json_text(category) + ",{\"batchSize\":-1}]");
    for (const auto& message : messages.as_array()) {
      found = found || as_string(message.at(1)) == name;
    }
    EXPECT_TRUE(found) << name;
  }
}

}  // namespace
}  // namespace eventodb::test
