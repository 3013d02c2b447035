#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventodb::base {
namespace {

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
  for (const std::string_view text :
       {std::string_view("\0", 1), std::string_view("\x7f"), std::string_view("\xc2\x80"),
        std::string_view("\xdf\xbf"), std::string_view("\xe0\xa0\x80"),
        std::string_view("\xed\x9f\xbf"), std::string_view("\xee\x80\x80"),
        std::string_view("\xef\xbf\xbf"), std::string_view("\xf0\x90\x80\x80"),
        std::string_view("\xf4\x8f\xbf\xbf")}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, RefusesOverlongSurrogatesAndBeyondUnicode) {
  for (const auto* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
                           "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe"}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, RefusesCutSequences) {
  for (const auto* text : {"\xc3", "\xe2\x82", "\xf0\x9f\x8e", "\xe2(\xa1", "\xe2\x82("}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, FindsTheFirstBadByteAtEveryPlaceOfAWord) {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string good(before, 'x');
    EXPECT_EQ(find_invalid_utf8(good + "\xff" + std::string(20, 'y')), before);
    EXPECT_EQ(find_invalid_utf8(good + "é\xe2\x82"), before + 2);
    EXPECT_EQ(find_invalid_utf8(good + "🎉" + good), std::string_view::npos);
  }
}

}  // namespace
}  // namespace eventodb::base
