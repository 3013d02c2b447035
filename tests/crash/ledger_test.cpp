#include "crash/ledger.hpp"

#include <gtest/gtest.h>

namespace eventodb::test {
namespace {

// The ledger is what every crash test trusts, so each invariant is shown to turn red.
class LedgerCheck : public testing::Test {
 protected:
  LedgerCheck() {
    for (int i = 0; i < 3; ++i) {
      const auto call = ledger_.begin("s-1", "", [](std::int64_t n) { return std::to_string(n); });
      ledger_.acknowledge(call.number, i, i + 1);
      found_.push_back({"id", "s-1", i, i + 1, i, std::to_string(i)});
    }
  }
  std::size_t broken() const { return ledger_.check(found_).size(); }

  Ledger ledger_;
  std::vector<FoundMessage> found_;
};

TEST_F(LedgerCheck, WhatWasAcknowledgedAndIsThereIsRight) {
  EXPECT_EQ(broken(), 0U);
}

TEST_F(LedgerCheck, ALostMessageIsSeen) {
  found_.pop_back();
  EXPECT_EQ(broken(), 1U);
}

TEST_F(LedgerCheck, AChangedMessageIsSeen) {
  found_[1].data = "9";
  EXPECT_EQ(broken(), 1U);
}

TEST_F(LedgerCheck, SwappedMessagesAreSeen) {
  std::swap(found_[0].number, found_[2].number);
  std::swap(found_[0].data, found_[2].data);
  EXPECT_GE(broken(), 2U);
}

TEST_F(LedgerCheck, AHoleIsSeen) {
  found_.erase(found_.begin() + 1);
  EXPECT_GE(broken(), 3U);  // lost, and a hole in either numbering
}

TEST_F(LedgerCheck, ARefusedMessageThatIsThereIsSeen) {
  const auto call = ledger_.begin("s-1", "", [](std::int64_t) { return std::string("x"); });
  ledger_.refuse(call.number);
  EXPECT_EQ(broken(), 0U);
  found_.push_back({"id", "s-1", 3, 4, call.number, "x"});
  EXPECT_EQ(broken(), 1U);
}

TEST_F(LedgerCheck, AMessageStoredTwiceOrFromNowhereIsSeen) {
  found_.push_back({"id", "s-1", 3, 4, 0, "0"});
  EXPECT_GE(broken(), 1U);
  found_.back().number = 77;
  EXPECT_EQ(broken(), 1U);
}

TEST_F(LedgerCheck, ARetryAnsweredWithAnotherPlaceIsSeen) {
  ledger_.acknowledge(1, 1, 2);
  EXPECT_EQ(broken(), 0U);
  ledger_.acknowledge(1, 3, 4);
  EXPECT_EQ(broken(), 1U);
}

TEST_F(LedgerCheck, AnUnansweredBatchMustBeThereWholeOrNotAtAll) {
  const auto batch = ledger_.new_batch();
  const auto make_data = [](std::int64_t n) { return std::to_string(n); };
  for (int i = 0; i < 3; ++i) ledger_.begin("s-1", "", make_data, batch);
  EXPECT_EQ(broken(), 0U);
  found_.push_back({"id", "s-1", 3, 4, 3, "3"});
  EXPECT_EQ(broken(), 1U);
  found_.push_back({"id", "s-1", 4, 5, 4, "4"});
  EXPECT_EQ(broken(), 1U);
  found_.push_back({"id", "s-1", 5, 6, 5, "5"});
  EXPECT_EQ(broken(), 0U);
}

TEST_F(LedgerCheck, AMessageWithinABatchOfOthersIsSeen) {
  const auto batch = ledger_.new_batch();
  const auto make_data = [](std::int64_t n) { return std::to_string(n); };
  ledger_.begin("s-1", "", make_data, batch);
  ledger_.begin("s-1", "", make_data);
  ledger_.begin("s-1", "", make_data, batch);
  for (int i = 3; i < 6; ++i) found_.push_back({"id", "s-1", i, i + 1, i, std::to_string(i)});
  EXPECT_EQ(broken(), 1U);
}

TEST_F(LedgerCheck, AnUnansweredMessageMayBeThereOrNot) {
  const auto call = ledger_.begin("s-1", "", [](std::int64_t) { return std::string("x"); });
  EXPECT_EQ(broken(), 0U);
  found_.push_back({"id", "s-1", 3, 4, call.number, "x"});
  EXPECT_EQ(broken(), 0U);
}

}  // namespace
}  // namespace eventodb::test
