#include "base/json_unescape.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventodb::base {
namespace {

std::string unescaped(std::string_view inside) {
  std::string result(inside.size(), '\0');
  const char* const end = unescape_json(inside, result.data());
  result.resize(static_cast<std::size_t>(end - result.data()));
  return result;
}

TEST(JsonUnescape, PlainTextStaysAsItIs) {
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped("order-1 \xc3\xa4"), "order-1 \xc3\xa4");
}

TEST(JsonUnescape, LettersStandForControlCharacters) {
  EXPECT_EQ(unescaped(R"(a\b\f\n\r\t\"\\\/z)"), "a\b\f\n\r\t\"\\/z");
}

TEST(JsonUnescape, UnicodeEscapesBecomeUtf8OfEveryLength) {
  EXPECT_EQ(unescaped(R"(\u0041\u00e4\u20AC\ud83d\ude00)"),
            "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
}

TEST(JsonUnescape, HalfAPairIsReplaced) {
  EXPECT_EQ(unescaped(R"(\ud83d)"), "\xef\xbf\xbd");
  EXPECT_EQ(unescaped(R"(\ude00x)"), "\xef\xbf\xbdx");
  EXPECT_EQ(unescaped(R"(\ud83d\u0041)"),
            "\xef\xbf\xbd"
            "A");
  EXPECT_EQ(unescaped(R"(\ud83dabcdef)"),
            "\xef\xbf\xbd"
            "abcdef");
}

}  // namespace
}  // namespace eventodb::base
