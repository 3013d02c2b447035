#include "base/check.hpp"

#include <gtest/gtest.h>

namespace eventodb::base {
namespace {

TEST(Check, AbortsWithTheConditionAndItsPlace) {
  const int two = 2;
  EVENTODB_CHECK(two == 2);
  EXPECT_DEATH(EVENTODB_CHECK(two == 3), "broken invariant: two == 3 .*check_test.cpp:");
}

}  // namespace
}  // namespace eventodb::base
