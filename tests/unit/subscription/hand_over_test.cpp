#include <gtest/gtest.h>

#include <string>

#include "unit/subscription/world.hpp"

namespace eventodb::subscription {
namespace {

/// Holds one read, before or after its look at the log.
class HeldRead {
 public:
  explicit HeldRead(DetourNamespace& ns) : ns_(ns) {
    ns_.detour = [this] { return pass(); };
  }
  ~HeldRead() { ns_.detour = nullptr; }

  void hold_next_before_its_look() { detours_left_ = 1; }
  void hold_next_after_its_look() { detours_left_ = 2; }
  bool is_held() const { return held_; }
  void release() {
    held_ = false;
    released_.notify();
  }

 private:
  Awaitable<void> pass() {
    if (detours_left_ == 0 || --detours_left_ != 0) co_return;
    held_ = true;
    while (held_) co_await released_.wait();
  }

  DetourNamespace& ns_;
  int detours_left_ = 0;
  bool held_ = false;
  base::WakeUp released_;
};

/// Starts reading `count` events of the subscriber beside the test.
void list_into(World& world, Subscriber& subscriber, int count, std::string& text) {
  base::spawn(
      world.io.context(),
      [](Subscriber& from, int wanted, std::string& into) -> Awaitable<void> {
        into = co_await from.list(wanted);
      }(subscriber, count, text),
      [](std::exception_ptr exception) { EXPECT_FALSE(exception); });
}

TEST(HandOver, AMessageThatArrivesDuringTheLastReadIsNotLost) {
  World shared;
  shared.run([](World& world) -> Awaitable<void> {
    HeldRead held(*world.ns);
    co_await world.write("a-1");
    const auto live = co_await subscribe(world, "category=a");
    EXPECT_EQ(co_await live->list(1), "a-1@0");
    co_await world.write("a-1");
    EXPECT_EQ(co_await live->list(1), "a-1@1");

    const auto joining = co_await subscribe(world, "category=a");
    std::string seen;
    held.hold_next_after_its_look();
    list_into(world, *joining, 4, seen);
    while (!held.is_held()) co_await yield();
    co_await world.write("a-2");  // the held read has looked already
    EXPECT_EQ(co_await live->list(1), "a-2@0");
    held.release();
    co_await world.write("a-3");
    EXPECT_EQ(co_await live->list(1), "a-3@0");
    while (seen.empty()) co_await yield();
    EXPECT_EQ(seen, "a-1@0 a-1@1 a-2@0 a-3@0");
  });
}

TEST(HandOver, WhatTheFeedOffersAgainIsRefused) {
  World shared;
  shared.run([](World& world) -> Awaitable<void> {
    HeldRead held(*world.ns);
    const auto live = co_await subscribe(world, "category=a");
    co_await world.write("a-1");
    EXPECT_EQ(co_await live->list(1), "a-1@0");

    // The feed has read a-2 and is held before it offers it; the subscriber catches up past it.
    held.hold_next_after_its_look();
    co_await world.write("a-2");
    while (!held.is_held()) co_await yield();
    const auto joining = co_await subscribe(world, "category=a");
    EXPECT_EQ(co_await joining->list(2), "a-1@0 a-2@0");
    EXPECT_TRUE(joining->subscription.is_live());
    held.release();
    co_await world.write("a-3");
    EXPECT_EQ(co_await live->list(2), "a-2@0 a-3@0");
    EXPECT_EQ(co_await joining->list(1), "a-3@0");
  });
}

TEST(HandOver, APayloadSubscriberReadsWhatABatchHoldsInPartOnly) {
  World shared;
  shared.run([](World& world) -> Awaitable<void> {
    HeldRead held(*world.ns);
    const auto poked = co_await subscribe(world, "category=a");
    co_await world.write("a-1");
    EXPECT_EQ(co_await poked->list(1), "a-1@0");

    // The feed begins a batch while nobody wants payload, and is held before it looks.
    held.hold_next_before_its_look();
    co_await world.write("a-2");
    std::string pokes;
    list_into(world, *poked, 2, pokes);
    while (!held.is_held()) co_await yield();
    const auto joined = co_await subscribe(world, "category=a&payload=true");
    EXPECT_EQ(co_await joined->list(2), "a-1@0 a-2@0");
    EXPECT_TRUE(joined->subscription.is_live());
    co_await world.write("a-3");
    held.release();
    EXPECT_EQ(co_await joined->list(1), "a-3@0");
    while (pokes.empty()) co_await yield();
    EXPECT_EQ(pokes, "a-2@0 a-3@0");
    co_await world.write("a-4");
    EXPECT_EQ(co_await joined->list(1), "a-4@0");
    EXPECT_TRUE(joined->subscription.is_live());
  });
}

TEST(SubscriptionFeed, EndsWithItsLastSubscriptionAndStartsAgain) {
  World shared;
  for (int round = 0; round < 3; ++round) {
    shared.run([&](World& world) -> Awaitable<void> {
      const auto first = co_await subscribe(world, "stream=a-1");
      const auto second = co_await subscribe(world, "category=a");
      EXPECT_EQ(world.feeds.open(world.ns), world.feeds.open(world.ns));
      co_await world.write("a-1");
      for (int i = 0; i <= round; ++i) {
        EXPECT_EQ((co_await first->next())->position, i);
        EXPECT_EQ((co_await second->next())->position, i);
      }
    });  // run() returns, so the feed has gone
  }
}

}  // namespace
}  // namespace eventodb::subscription
