#include "base/wake_up.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/spawn.hpp"

namespace eventodb::base {
namespace {

/// Waits until `wanted` is reached, counting how often it was woken.
base::Awaitable<void> wait_for(WakeUp& wake_up, const std::atomic<int>& value, int wanted,
                               int& wakes) {
  while (value.load() < wanted) {
    co_await wake_up.wait();
    ++wakes;
  }
}

TEST(WakeUp, ANotificationBeforeTheWaitIsRemembered) {
  IoThread io;
  WakeUp wake_up;
  int wakes = 0;
  auto twice = [&]() -> base::Awaitable<void> {
    wake_up.notify();
    wake_up.notify();
    co_await wake_up.wait();
    ++wakes;
  };
  base::spawn(io.context(), twice());
  io.run();
  EXPECT_EQ(wakes, 1);
}

TEST(WakeUp, NoNotificationOfManyThreadsIsLost) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  IoThread io;
  WakeUp wake_up;
  std::atomic<int> value{0};
  int wakes = 0;
  base::spawn(io.context(), wait_for(wake_up, value, kThreads * kEach, wakes));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        value.fetch_add(1);
        wake_up.notify();
      }
    });
  }
  io.run();  // ends only when the last notification was seen
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(value.load(), kThreads * kEach);
  EXPECT_LE(wakes, kThreads * kEach);
}

}  // namespace
}  // namespace eventodb::base
