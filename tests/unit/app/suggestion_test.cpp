#include "app/suggestion.hpp"

#include <gtest/gtest.h>

#include <array>

namespace eventodb::app {
namespace {

const std::array<std::string, 4> kWords = {"serve", "reindex", "version", "help"};

TEST(Suggestion, FindsTheNearestWord) {
  EXPECT_EQ(closest("srve", kWords), "serve");
  EXPECT_EQ(closest("servee", kWords), "serve");
  EXPECT_EQ(closest("re-index", kWords), "reindex");
  EXPECT_EQ(closest("versoin", kWords), "version");
}

TEST(Suggestion, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(closest("subscriptions", kWords), "");
  EXPECT_EQ(closest("", kWords), "");
  EXPECT_EQ(closest("x", kWords), "");
}

TEST(Suggestion, ANearWordBeatsANearerLetterCount) {
  const std::array<std::string, 2> words = {"data-dir", "db-type"};
  EXPECT_EQ(closest("data-dri", words), "data-dir");
  EXPECT_EQ(closest("dbtype", words), "db-type");
}

}  // namespace
}  // namespace eventodb::app
