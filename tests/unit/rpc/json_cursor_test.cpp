#include "rpc/json_cursor.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace eventodb::rpc {
namespace {

TEST(JsonCursor, ReadsValuesAsSlices) {
  JsonCursor cursor(R"( [ 1 , "a,]" , {"b":[ ]} , [2,[3]] , null,true ] )");
  cursor.enter();
  const std::string_view expected[] = {"1", "\"a,]\"", "{\"b\":[ ]}", "[2,[3]]", "null", "true"};
  const JsonKind kinds[] = {JsonKind::kNumber, JsonKind::kString, JsonKind::kObject,
                            JsonKind::kArray,  JsonKind::kNull,   JsonKind::kBoolean};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    ASSERT_TRUE(cursor.next_element());
    EXPECT_EQ(cursor.peek(), kinds[i]);
    const JsonValue value = cursor.read();
    EXPECT_EQ(value.kind, kinds[i]);
    EXPECT_EQ(value.text, expected[i]);
  }
  EXPECT_FALSE(cursor.next_element());
}

TEST(JsonCursor, EmptyContainersEndAtOnce) {
  JsonCursor array("[ ]");
  array.enter();
  EXPECT_FALSE(array.next_element());
  JsonCursor object("{ }");
  object.enter();
  JsonValue key;
  EXPECT_FALSE(object.next_member(key));
}

TEST(JsonCursor, ReadsMembersInOrder) {
  JsonCursor cursor(R"({"a" : 1, "b":{"a":2} ,"c":"}"})");
  cursor.enter();
  std::string seen;
  JsonValue key;
  while (cursor.next_member(key)) {
    seen += key.text;
    seen += cursor.read().text;
  }
  EXPECT_EQ(seen, R"("a"1"b"{"a":2}"c""}")");
}

TEST(JsonCursor, ARootScalarEndsWithTheText) {
  EXPECT_EQ(JsonCursor("-12.5e3").read().text, "-12.5e3");
  EXPECT_EQ(JsonCursor("null").read().text, "null");
}

struct StringRow {
  std::string json;
  std::string says;
};

TEST(JsonCursor, StringsSayWhatTheirEscapesMean) {
  using std::string_literals::operator""s;
  const std::string replacement = "\xef\xbf\xbd";
  const StringRow rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
      {"a\\u0041z", "aAz"},
      {"\\u0000", "\0"s},
      {"\\u00e9\\u20AC", "\xc3\xa9\xe2\x82\xac"},
      {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
      {"\\uD834\\uDD1E!", "\xf0\x9d\x84\x9e!"},
      {"\\ud800", replacement},
      {"\\udc00", replacement},
      {"\\ud800x", replacement + "x"},
      {"\\ud800\\n", replacement + "\n"},
      {"\\ud800\\u0041", replacement + "A"},
      {"\\ud800\\ud83d\\ude00", replacement + "\xf0\x9f\x98\x80"},
      {"\\udc00\\ud800", replacement + replacement},
      {"\\\\u0041", "\\u0041"},
      {"eight...\\\"ten", "eight...\"ten"},
  };
  base::Arena arena;
  for (const auto& row : rows) {
    const std::string json = "\"" + row.json + "\"";
    const JsonValue value = JsonCursor(json).read();
    EXPECT_EQ(value.text, json);
    EXPECT_EQ(string_of(value, arena), row.says) << row.json;
  }
}

TEST(JsonCursor, AStringWithoutEscapesIsNotCopied) {
  base::Arena arena;
  const std::string json = "\"plain\"";
  EXPECT_EQ(string_of(JsonCursor(json).read(), arena).data(), json.data() + 1);
}

std::string compact(std::string_view json, base::Arena& arena) {
  return std::string(compact_text_of(JsonCursor(json).read(), arena));
}

TEST(JsonCursor, CompactTextDropsInsignificantSpaceOnly) {
  base::Arena arena;
  EXPECT_EQ(compact("{ \"a b\" : [ 1 ,\t2 ] ,\r\n\"c\":\" \\\" x \" }", arena),
            "{\"a b\":[1,2],\"c\":\" \\\" x \"}");
  EXPECT_EQ(compact("[ ]", arena), "[]");
  EXPECT_EQ(compact("{\"\\\\\" : 1}", arena), "{\"\\\\\":1}");
}

TEST(JsonCursor, CompactTextIsNotCopied) {
  base::Arena arena;
  const std::string json = "{\"a b\":[1,2],\"c\":\" x \"}";
  EXPECT_EQ(compact_text_of(JsonCursor(json).read(), arena).data(), json.data());
}

std::optional<std::int64_t> integer(std::string_view json) {
  return integer_of(JsonCursor(json).read());
}

TEST(JsonInteger, AnySpellingOfAnIntegralValue) {
  for (const char* text : {"5", "5.0", "5e0", "50e-1", "0.5e1", "0.05E2", "5.000", "500E-2",
                           "0.00005e5", "5E+0", "50.0e-1", "5e00"}) {
    EXPECT_EQ(integer(text), 5) << text;
  }
  for (const char* text : {"0", "-0", "0.0", "-0.0e5", "0e999999999999999999999", "0.000e-99"}) {
    EXPECT_EQ(integer(text), 0) << text;
  }
  EXPECT_EQ(integer("-12e2"), -1200);
  EXPECT_EQ(integer("100"), 100);
  EXPECT_EQ(integer("100.5e1"), 1005);
  EXPECT_EQ(integer("1e18"), 1'000'000'000'000'000'000);
}

TEST(JsonInteger, IsExactToTheLastDigit) {
  EXPECT_EQ(integer("9007199254740993"), 9'007'199'254'740'993);
  EXPECT_EQ(integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer("9223372036854775807.000"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(integer("922337203685477580.7e1"), std::numeric_limits<std::int64_t>::max());
}

TEST(JsonInteger, FractionsAndOthersAreNone) {
  for (const char* text :
       {"1.5", "0.1", "1e-1", "15e-1", "-0.5", "1.0000000000000000000000001", "5e-999999999999999",
        "9223372036854775808", "-9223372036854775809", "1e19", "1e400", "-1e400",
        "1e999999999999999999999999", "18446744073709551616", "100000000000000000000"}) {
    EXPECT_EQ(integer(text), std::nullopt) << text;
  }
}

TEST(JsonInteger, ManyDigitsCancelOut) {
  const std::string zeros(1000, '0');
  EXPECT_EQ(integer("0." + zeros + "7e1001"), 7);
  EXPECT_EQ(integer("7" + zeros + "e-1000"), 7);
  EXPECT_EQ(integer("7" + zeros), std::nullopt);
}

}  // namespace
}  // namespace eventodb::rpc
