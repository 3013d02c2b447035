#include "subscription/pace.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "eventodb/limits.hpp"
#include "unit/subscription/world.hpp"

namespace eventodb::subscription {
namespace {

using namespace std::chrono_literals;

TEST(RestAfter, IsTwiceWhatTheTellingTookUpToALimit) {
  EXPECT_EQ(rest_after(0ns), 0ns);
  EXPECT_EQ(rest_after(300us), 600us);
  EXPECT_EQ(rest_after(limits::kFeedRestMax / 2), limits::kFeedRestMax);
  EXPECT_EQ(rest_after(1s), limits::kFeedRestMax);
}

TEST(RestTimer, WakesNotBeforeTheTime) {
  World shared;
  shared.run([](World& world) -> Awaitable<void> {
    RestTimer timer(world.io);
    base::WakeUp rested;
    for (int i = 0; i < 3; ++i) {
      const auto began = Pace::Clock::now();
      timer.wake_after(1ms, rested);
      co_await rested.wait();
      EXPECT_GE(Pace::Clock::now() - began, 1ms);
    }
  });
}

/// Every telling takes 100 µs, every rest until it is ended.
class HeldPace final : public Pace {
 public:
  Clock::time_point now() override { return now_ += 100us; }
  void rest(RestTimer&, std::chrono::nanoseconds time, base::WakeUp& rested) override {
    rests.push_back(time);
    resting = &rested;
  }
  void end_rest() { std::exchange(resting, nullptr)->notify(); }

  std::vector<std::chrono::nanoseconds> rests;
  base::WakeUp* resting = nullptr;

 private:
  Clock::time_point now_;
};

/// Everyone else has had several turns.
Awaitable<void> let_others_run() {
  for (int i = 0; i < 10; ++i) co_await yield();
}

/// Takes pieces until `events` have come.
Awaitable<void> count_pieces(Subscriber& from, std::size_t events, int& pieces) {
  while (from.parser.events_waiting() < events) {
    from.parser.feed(co_await from.subscription.next());
    ++pieces;
  }
}

void expect_none(const std::exception_ptr& exception) {
  EXPECT_FALSE(exception);
}

TEST(Feed, WhatComesDuringARestIsToldTogether) {
  HeldPace pace;
  World shared(pace);
  shared.run([&](World& world) -> Awaitable<void> {
    const auto live = co_await subscribe(world, "category=a");
    co_await make_live(world, "a-1", live);
    co_await world.write("a-2");
    co_await world.write("a-2");
    EXPECT_EQ(co_await live->list(2), "a-2@0 a-2@1");
    while (pace.resting == nullptr) co_await yield();
    int pieces = 0;
    base::spawn(world.io.context(), count_pieces(*live, 3, pieces), expect_none);
    for (int i = 0; i < 3; ++i) {
      co_await world.write("a-3");
      co_await let_others_run();
    }
    EXPECT_EQ(pieces, 0);
    pace.end_rest();
    while (live->parser.events_waiting() < 3) co_await yield();
    EXPECT_EQ(pieces, 1);
    EXPECT_EQ(co_await live->list(3), "a-3@0 a-3@1 a-3@2");
    while (pace.resting == nullptr) co_await yield();
    EXPECT_EQ(pace.rests, (std::vector<std::chrono::nanoseconds>(2, rest_after(100us))));
    pace.end_rest();
  });
}

TEST(Feed, AMessageAloneOrForNobodyIsNotFollowedByARest) {
  HeldPace pace;
  World shared(pace);
  shared.run([&](World& world) -> Awaitable<void> {
    const auto live = co_await subscribe(world, "category=a");
    co_await make_live(world, "a-1", live);
    for (int i = 0; i < 3; ++i) {
      co_await world.write("a-2");
      co_await world.write("b-1");
      EXPECT_EQ(co_await live->list(1), "a-2@" + std::to_string(i));
    }
    co_await world.write_many("b-1", 10);
    co_await let_others_run();
    co_await world.write("a-3");
    EXPECT_EQ(co_await live->list(1), "a-3@0");
    EXPECT_TRUE(pace.rests.empty());
  });
}

TEST(Feed, EndsBehindARest) {
  HeldPace pace;
  World shared(pace);
  shared.run([&](World& world) -> Awaitable<void> {
    const auto live = co_await subscribe(world, "category=a");
    co_await make_live(world, "a-1", live);
    co_await world.write_many("a-2", 2);
    EXPECT_EQ(co_await live->list(2), "a-2@0 a-2@1");
    while (pace.resting == nullptr) co_await yield();
    (co_await world.store->delete_namespace("test", nullptr)).value();
    pace.end_rest();
    EXPECT_EQ(co_await live->list(1), "end");
  });
}

}  // namespace
}  // namespace eventodb::subscription
