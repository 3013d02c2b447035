#include "base/io_thread.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

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

boost::asio::awaitable<void> hop_many(Finisher& finisher, int times, int& sum) {
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
    boost::asio::co_spawn(io.context(), hop_many(finisher, 500, sum), boost::asio::detached);
  }
  auto keep = boost::asio::make_work_guard(io.context());
  std::thread watcher([&] {
    // The guard goes with the last hop: co_spawned coroutines hold their own work.
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
        boost::asio::co_spawn(io.context(), hop_many(finisher, 300, sum), boost::asio::detached);
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
    boost::asio::co_spawn(io.context(), hop_many(finisher, 1, sum), boost::asio::detached);
    io.run();
    EXPECT_EQ(sum, 1);
  }
}

}  // namespace
}  // namespace eventodb::base
