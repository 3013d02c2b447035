#include "base/io_thread.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/spawn.hpp"

namespace eventodb::base {
namespace {

/// Another thread that finishes whatever is handed to it, a batch at a time.
class Finisher {
 public:
  ~Finisher() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  void push(ThreadHop& hop) {
    {
      std::lock_guard lock(mutex_);
      waiting_.push_back(&hop);
    }
    changed_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      for (std::size_t i = 0; i + 1 < waiting_.size(); ++i) waiting_[i]->next_hop = waiting_[i + 1];
      waiting_.back()->next_hop = nullptr;
      ThreadHop* first = waiting_.front();
      waiting_.clear();
      lock.unlock();
      ThreadHop::finish_all(first);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ThreadHop*> waiting_;
  bool stopped_ = false;
  std::thread thread_{[this] { run(); }};
};

base::Awaitable<void> hop_many(Finisher& finisher, int times, int& sum) {
  const auto home = std::this_thread::get_id();
  for (int i = 0; i < times; ++i) {
    ThreadHop hop;
    co_await hop.suspend([&] { finisher.push(hop); });
    EXPECT_EQ(std::this_thread::get_id(), home);
    ++sum;
  }
}

TEST(IoThread, EveryHopComesHomeOnce) {
  IoThread io;
  Finisher finisher;
  int sum = 0;
  for (int i = 0; i < 16; ++i) {
    base::spawn(io.context(), hop_many(finisher, 500, sum));
  }
  auto keep = boost::asio::make_work_guard(io.context());
  std::thread watcher([&] {
    // The guard goes with the last hop: spawned coroutines hold their own work.
    keep.reset();
  });
  io.run();
  watcher.join();
  EXPECT_EQ(sum, 16 * 500);
}

TEST(IoThread, HopsOfTwoThreadsMayShareAChain) {
  Finisher finisher;
  int sums[2] = {0, 0};
  std::vector<std::thread> threads;
  for (int& sum : sums) {
    threads.emplace_back([&finisher, &sum] {
      IoThread io;
      for (int i = 0; i < 8; ++i) {
        base::spawn(io.context(), hop_many(finisher, 300, sum));
      }
      io.run();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sums[0], 8 * 300);
  EXPECT_EQ(sums[1], 8 * 300);
}

TEST(IoThread, MayBeDestroyedWhileTheLastHopIsOnItsWayOut) {
  Finisher finisher;
  for (int i = 0; i < 300; ++i) {
    IoThread io;
    int sum = 0;
    base::spawn(io.context(), hop_many(finisher, 1, sum));
    io.run();
    EXPECT_EQ(sum, 1);
  }
}

// --- leaving at the end of a turn ----------------------------------------------------------------

std::vector<std::size_t> chains;  // how many hops each call of a Leave took

ThreadHop* leave_together(ThreadHop* chain) {
  ThreadHop* last = nullptr;
  ThreadHop* const first = chain;
  std::size_t count = 0;
  while (chain != nullptr && chain->leaves_by(&leave_together)) {
    ++count;
    last = chain;
    chain = chain->next_hop;
  }
  last->next_hop = nullptr;
  chains.push_back(count);
  ThreadHop::finish_all(first);
  return chain;
}

ThreadHop* leave_alone(ThreadHop* chain) {
  ThreadHop* rest = chain->next_hop;
  chains.push_back(1);
  chain->finish();
  return rest;
}

base::Awaitable<void> leave_twice(ThreadHop::Leave leave, std::vector<int>& order, int n) {
  for (int turn = 0; turn < 2; ++turn) {
    ThreadHop hop;
    co_await hop.suspend_until_turn_ends(leave);
    order.push_back(n);
  }
}

TEST(IoThread, AFewThatLeaveInOneTurnLeaveAsOneChain) {
  chains.clear();
  IoThread io;
  std::vector<int> order;
  for (int n = 0; n < 5; ++n) {
    base::spawn(io.context(), leave_twice(&leave_together, order, n));
  }
  io.run();
  EXPECT_EQ(chains, (std::vector<std::size_t>{5, 5}));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}));
}

TEST(IoThread, OfManyNoMoreThanEightAreHeldBack) {
  chains.clear();
  IoThread io;
  std::vector<int> order;
  for (int n = 0; n < 20; ++n) {
    base::spawn(io.context(), leave_twice(&leave_together, order, n));
  }
  io.run();
  EXPECT_EQ(chains, (std::vector<std::size_t>{8, 8, 4, 8, 8, 4}));
  EXPECT_EQ(order.size(), 40U);
}

TEST(IoThread, ALeaveIsGivenTheHopsOfOthersButKnowsItsOwn) {
  chains.clear();
  IoThread io;
  std::vector<int> order;
  for (int n = 0; n < 4; ++n) {
    base::spawn(io.context(), leave_twice(n < 2 ? &leave_together : &leave_alone, order, n));
  }
  io.run();
  EXPECT_EQ(chains, (std::vector<std::size_t>{2, 1, 1, 2, 1, 1}));
  EXPECT_EQ(order.size(), 8U);
}

}  // namespace
}  // namespace eventodb::base
