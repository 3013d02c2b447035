#include <gtest/gtest.h>

#include <string>

#include "store/log/correlation.hpp"

namespace eventodb::store {
namespace {

std::string category(std::string_view metadata) {
  std::string scratch;
  return std::string(correlation_category_of(metadata, scratch));
}

TEST(Correlation, IsTheCategoryOfTheStreamName) {
  EXPECT_EQ(category(R"({"correlationStreamName":"flow-1"})"), "flow");
  EXPECT_EQ(category(R"({"correlationStreamName":"flow"})"), "flow");
  EXPECT_EQ(category(R"({"correlationStreamName":"flow-1-2+3"})"), "flow");
  EXPECT_EQ(category(R"({"correlationStreamName":"flow:command-1"})"), "flow:command");
  EXPECT_EQ(category(R"({"correlationStreamName":"-1"})"), "");
  EXPECT_EQ(category(R"({"correlationStreamName":""})"), "");
}

TEST(Correlation, IsAbsentWithoutTheKeyOrAString) {
  for (const auto* metadata :
       {"", "{}", R"({"a":1})", R"({"correlationStreamName":5})",
        R"({"correlationStreamName":null})", R"({"correlationStreamName":true})",
        R"({"correlationStreamName":["x-1"]})", R"({"correlationStreamName":{"a":"x-1"}})",
        R"({"correlationStreamname":"x-1"})", R"({"xcorrelationStreamName":"x-1"})",
        R"({"correlationStreamNameX":"x-1"})"}) {
    EXPECT_EQ(category(metadata), "") << metadata;
  }
}

TEST(Correlation, LooksAtTheTopLevelOnly) {
  for (const auto* metadata :
       {R"({"a":{"correlationStreamName":"x-1"}})", R"({"a":[{"correlationStreamName":"x-1"}]})",
        R"({"a":"correlationStreamName"})", R"({"a":"\"correlationStreamName\":\"x-1\""})",
        R"({"a":"\\","b":"correlationStreamName","c":"x-1"})"}) {
    EXPECT_EQ(category(metadata), "") << metadata;
  }
}

TEST(Correlation, FindsTheKeyBehindAnyValue) {
  for (const auto* before :
       {"1", "-1.5e+3", "true", "null", "[]", "{}", R"("")", R"("}")", R"("\"")", R"("\\")",
        R"([1,[2,"]"],{"a":"}"}])", R"({"a":{"correlationStreamName":"no-1"}})"}) {
    const std::string metadata =
        std::string("{\"a\":") + before + ",\"correlationStreamName\":\"flow-1\",\"z\":[]}";
    EXPECT_EQ(category(metadata), "flow") << metadata;
  }
}

TEST(Correlation, TheLastDuplicateWins) {
  EXPECT_EQ(category(R"({"correlationStreamName":"a-1","correlationStreamName":"b-1"})"), "b");
  EXPECT_EQ(category(R"({"correlationStreamName":"a-1","correlationStreamName":1})"), "");
  EXPECT_EQ(category(R"({"correlationStreamName":1,"correlationStreamName":"b-1"})"), "b");
  EXPECT_EQ(category(R"({"correlationStreamName":"a-1","correlationStreamNam\u0065":"b-1"})"), "b");
}

TEST(Correlation, KeysAndValuesMayBeEscaped) {
  EXPECT_EQ(category(R"({"\u0063orrelationStream\u004eame":"flow-1"})"), "flow");
  EXPECT_EQ(category(R"({"\u0063orrelationStream\u004Eame":"flow-1"})"), "flow");
  EXPECT_EQ(category(R"({"\u0063orrelationStreamNam":"flow-1"})"), "");
  EXPECT_EQ(category(R"({"correlationStreamName":"fl\u006fw\u002d1"})"), "flow");
  EXPECT_EQ(category(R"({"correlationStreamName":"a\"b\\c\/d\b\f\n\r\t-1"})"),
            "a\"b\\c/d\b\f\n\r\t");
  EXPECT_EQ(category(R"({"correlationStreamName":"\u00e9\u20ac\ud83d\ude00-1"})"),
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(category(R"({"correlationStreamName":"a\u0000b-1"})"), std::string("a\0b", 3));
}

TEST(Correlation, HalfOfAPairBecomesTheReplacementCharacter) {
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(category(R"({"correlationStreamName":"a\ud800"})"), "a" + replacement);
  EXPECT_EQ(category(R"({"correlationStreamName":"\ud800x-1"})"), replacement + "x");
  EXPECT_EQ(category(R"({"correlationStreamName":"\udc00-1"})"), replacement);
  EXPECT_EQ(category(R"({"correlationStreamName":"\ud800\ud83d\ude00-1"})"),
            replacement + "\xf0\x9f\x98\x80");
  EXPECT_EQ(category(R"({"correlationStreamName":"\ud800\u0041-1"})"), replacement + "A");
}

TEST(Correlation, WhiteSpaceDoesNotMatter) {
  EXPECT_EQ(category("{ \"a\" : [ 1 , 2 ] ,\n\t\"correlationStreamName\" : \"flow-1\" }"), "flow");
  EXPECT_EQ(category("{ \"a\" : 12 , \"correlationStreamName\" : \"flow-1\" }"), "flow");
}

TEST(Correlation, IsAViewIntoTheMetadataWhenNothingIsEscaped) {
  const std::string metadata = R"({"correlationStreamName":"flow-1"})";
  std::string scratch;
  const auto found = correlation_category_of(metadata, scratch);
  EXPECT_GE(found.data(), metadata.data());
  EXPECT_LT(found.data(), metadata.data() + metadata.size());
  EXPECT_TRUE(scratch.empty());
}

}  // namespace
}  // namespace eventodb::store
