#include "rpc/json_validator.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/byte_buffer.hpp"
#include "eventodb/limits.hpp"
#include "json_examples.hpp"
#include "rpc/json_body.hpp"

namespace eventodb::rpc {
namespace {

bool body_is_taken(std::string_view text) {
  base::ByteBuffer body;
  body.append(text);
  return check_body(body.view()).has_value();
}

TEST(JsonValidator, TakesWhatEveryParserMustTake) {
  const auto examples = test::valid_json_examples();
  EXPECT_GE(examples.size(), 95u);
  for (const auto& example : examples) {
    EXPECT_FALSE(find_json_problem(example.text)) << example.name;
    EXPECT_TRUE(body_is_taken(example.text)) << example.name;
  }
}

TEST(JsonValidator, RefusesWhatEveryParserMustRefuse) {
  const auto examples = test::invalid_json_examples();
  EXPECT_GE(examples.size(), 188u);
  for (const auto& example : examples) {
    EXPECT_TRUE(find_json_problem(example.text)) << example.name;
    EXPECT_FALSE(body_is_taken(example.text)) << example.name;
  }
}

TEST(JsonValidator, RefusesEveryProperPrefixOfATextInBrackets) {
  const std::string text = R"({"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":{}}})";
  ASSERT_FALSE(find_json_problem(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_TRUE(find_json_problem(text.substr(0, length))) << length;
    EXPECT_FALSE(body_is_taken(text.substr(0, length))) << length;
  }
}

/// The two ways a body is checked must agree: what simdjson takes, the validator takes.
TEST(JsonValidator, AgreesWithTheFastPathOnMutatedTexts) {
  const std::string original =
      R"(["stream.write","account-1",{"type":"T","data":{"a":[1,2.5,-3e2,true,null]}},{}])";
  std::mt19937 random(20240601);  // a fixed seed: the same texts in every run
  const std::string bytes = "[]{}:,\"\\0129-+.eEtrufalsn \n\t\x01\xc3\xa9\x80/";
  int valid = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = original;
    for (auto changes = random() % 3 + 1; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0) text.erase(at, 1);
      if (random() % 3 == 0) text.insert(at, 1, bytes[random() % bytes.size()]);
      if (random() % 2 == 0) text[at % text.size()] = bytes[random() % bytes.size()];
    }
    const bool expected = !find_json_problem(text);
    valid += expected ? 1 : 0;
    ASSERT_EQ(body_is_taken(text), expected) << text;
  }
  EXPECT_GT(valid, 1000);
  EXPECT_LT(valid, 59'000);
}

std::string nested(std::size_t levels, std::string_view open, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  if (open != "[") text += "0";
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(JsonValidator, DepthIsLimitedToTheLevel) {
  for (const std::size_t levels : {limits::kJsonDepthMax, limits::kJsonDepthMax + 1}) {
    const bool fits = levels <= limits::kJsonDepthMax;
    for (const auto& text : {nested(levels, "[", "]"), nested(levels, "{\"a\":", "}")}) {
      EXPECT_EQ(!find_json_problem(text), fits) << levels;
      EXPECT_EQ(body_is_taken(text), fits) << levels;
    }
    // A scalar or an empty container inside is no level more, or one.
    EXPECT_EQ(body_is_taken(nested(levels - 1, "[", "]").insert(levels - 1, "[1]")), fits);
  }
}

TEST(JsonValidator, AMillionBracketsAreRefusedAtTheLimit) {
  const auto problem = find_json_problem(std::string(1'000'000, '['));
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->offset, limits::kJsonDepthMax);
  EXPECT_FALSE(body_is_taken(std::string(1'000'000, '[')));
}

TEST(JsonValidator, TellsWhereAndWhy) {
  const auto text = [](std::string_view json) { return describe(*find_json_problem(json)); };
  EXPECT_EQ(text("[1 2]"), "invalid JSON at byte 3: expected ',' or ']'");
  EXPECT_EQ(text("{\"a\" 1}"), "invalid JSON at byte 5: expected ':'");
  EXPECT_EQ(text(""), "invalid JSON at byte 0: unexpected end, expected a value");
  EXPECT_EQ(text("[1] x"), "invalid JSON at byte 4: text after the end of the JSON value");
  EXPECT_EQ(text("[\"\xff\"]"), "invalid JSON at byte 2: not UTF-8");
}

TEST(JsonBody, ReturnsTheTextWithoutTheSpaceAround) {
  base::ByteBuffer body;
  body.append(" \n[ 1 ]\t\r\n");
  EXPECT_EQ(check_body(body.view()).value(), "[ 1 ]");
}

TEST(JsonBody, LargeBodiesAreCheckedToTheirEnd) {
  std::string text = "[\"" + std::string(400'000, 'x') + "\"";
  EXPECT_FALSE(body_is_taken(text));
  EXPECT_TRUE(body_is_taken(text + "]"));
  EXPECT_FALSE(body_is_taken(text + ",\"\xff\"]"));
  EXPECT_FALSE(body_is_taken(text + "]]"));
}

TEST(JsonBody, FailsAsAMalformedRequestWithTheReason) {
  base::ByteBuffer body;
  body.append("[");
  const Error error = check_body(body.view()).error();
  EXPECT_EQ(error.code, ErrorCode::kMalformedRequest);
  EXPECT_NE(std::get<ParseProblem>(error.details).text.find("byte 1"), std::string::npos);
}

}  // namespace
}  // namespace eventodb::rpc
