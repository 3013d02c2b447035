#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/allocation_counter.hpp"
#include "unit/subscription/world.hpp"

namespace eventodb::subscription {
namespace {

/// Takes one round of bytes from every subscriber.
Awaitable<std::size_t> take_from_each(std::vector<std::unique_ptr<Subscriber>>& subscribers) {
  std::size_t bytes = 0;
  for (const auto& each : subscribers) bytes += (co_await each->subscription.next()).size();
  co_return bytes;
}

// From the notice of an append to the bytes for the socket: reading the log, rendering, fan-out.
TEST(Allocations, APokeCostsNone) {
  World shared;
  shared.run([](World& world) -> Awaitable<void> {
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    for (const char* query : {"stream=account-1", "category=account", "all=true",
                              "category=account&size=1", "stream=account-1&payload=true",
                              "category=account&payload=true", "all=true&payload=true"}) {
      for (int i = 0; i < 10; ++i) subscribers.push_back(co_await subscribe(world, query));
    }
    constexpr int kWarmUp = 1000;
    constexpr int kMeasured = 1000;
    std::uint64_t allocated = 0;
    for (int i = 0; i < kWarmUp + kMeasured; ++i) {
      // Alone, and two at once, after which the feed rests.
      for (int n = 0; n <= i % 2; ++n) {
        co_await world.write("account-1", R"({"amount":100,"currency":"EUR"})");
      }
      const auto before = test::allocation_counts().allocations;
      EXPECT_GT(co_await take_from_each(subscribers), 70u * 60u);
      if (i >= kWarmUp) allocated += test::allocation_counts().allocations - before;
    }
    EXPECT_EQ(allocated, 0u) << "in " << kMeasured << " messages to 70 subscribers";
  });
}

TEST(Allocations, CatchUpCostsNonePerMessage) {
  World shared;
  shared.run([](World& world) -> Awaitable<void> {
    constexpr int kCount = 20'000;
    co_await world.write_many("account-1", kCount);
    for (const char* query : {"stream=account-1", "category=account&payload=true"}) {
      const auto subscriber = co_await subscribe(world, query);
      std::uint64_t allocated = 0;
      std::size_t bytes = 0;
      for (int piece = 0; piece < 20; ++piece) {
        const auto before = test::allocation_counts().allocations;
        bytes += (co_await subscriber->subscription.next()).size();
        if (piece > 1) allocated += test::allocation_counts().allocations - before;
      }
      EXPECT_GT(bytes, 1'000'000u);
      EXPECT_EQ(allocated, 0u) << query;
    }
  });
}

}  // namespace
}  // namespace eventodb::subscription
