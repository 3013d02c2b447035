#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace eventodb::base {
namespace {

std::string as_json(std::string_view text) {
  ByteBuffer out;
  append_json_string(out, text);
  return std::string(out.view());
}

std::string as_json(std::int64_t value) {
  ByteBuffer out;
  append_int(out, value);
  return std::string(out.view());
}

TEST(JsonWriter, PlainTextOnlyGetsQuotes) {
  EXPECT_EQ(as_json(""), "\"\"");
  EXPECT_EQ(as_json("account-123+456"), "\"account-123+456\"");
  EXPECT_EQ(as_json("/<>&' été 🎉 \x7f"), "\"/<>&' été 🎉 \x7f\"");
}

TEST(JsonWriter, EscapesWhatJsonDemands) {
  EXPECT_EQ(as_json("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(as_json("\n\r\t\b\f"), "\"\\n\\r\\t\\b\\f\"");
  EXPECT_EQ(as_json(std::string_view("\0\x01\x1f", 3)), "\"\\u0000\\u0001\\u001f\"");
  EXPECT_EQ(as_json("\"\""), "\"\\\"\\\"\"");
}

TEST(JsonWriter, EveryByteBelowSpaceIsEscaped) {
  for (char c = 0; c < 0x20; ++c) {
    const std::string json = as_json(std::string_view(&c, 1));
    EXPECT_EQ(json[1], '\\') << static_cast<int>(c);
    EXPECT_EQ(json.find(c), std::string::npos) << static_cast<int>(c);
  }
}

TEST(JsonWriter, FindsWhatNeedsAnEscapeAnywhere) {
  for (std::size_t size = 1; size < 30; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const auto& [special, escaped] :
           {std::pair('"', "\\\""), std::pair('\\', "\\\\"), std::pair('\n', "\\n")}) {
        std::string text(size, '\xe9');  // above 0x7f, and nothing to escape
        text[at] = special;
        const std::string expected =
            "\"" + text.substr(0, at) + escaped + text.substr(at + 1) + "\"";
        EXPECT_EQ(as_json(text), expected) << size << " " << at;
      }
    }
  }
}

TEST(JsonWriter, IntegersInFullRange) {
  EXPECT_EQ(as_json(std::int64_t{0}), "0");
  EXPECT_EQ(as_json(std::int64_t{-1}), "-1");
  EXPECT_EQ(as_json(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(as_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(JsonWriter, TimesAndIdsComeInQuotes) {
  ByteBuffer out;
  append_json_time(out, Timestamp{500'000});
  out.append(',');
  append_json_uuid(out, *parse_uuid("0190A8F1-7c3e-7abc-9def-0123456789ab"));
  EXPECT_EQ(out.view(), "\"1970-01-01T00:00:00.5Z\",\"0190a8f1-7c3e-7abc-9def-0123456789ab\"");
}

}  // namespace
}  // namespace eventodb::base
