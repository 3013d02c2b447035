#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "contract/store_contract.hpp"

namespace eventodb::contract {
namespace {

/// Counts what it is told; a test waits for it, which fails only by the suite's time limit.
class Listener : public HeadListener {
 public:
  void head_moved() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      if (ended_ > 0) ++after_end_;
      ++moves_;
    }
    changed_.notify_all();
  }
  void ended() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      ++ended_;
    }
    changed_.notify_all();
  }

  void await_move(int above) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return moves_ > above; });
  }
  void await_end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ > 0; });
  }
  int moves() const {
    const std::lock_guard lock(mutex_);
    return moves_;
  }
  int ends() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  int after_end() const {
    const std::lock_guard lock(mutex_);
    return after_end_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int moves_ = 0;
  int ended_ = 0;
  int after_end_ = 0;
};

class WatchContract : public StoreContract {};
EVENTODB_FOR_EVERY_BACKEND(WatchContract);

TEST_P(WatchContract, IsToldWhenTheMessageCanBeRead) {
  const Log log = create();
  Listener listener;
  log.ns().watch(listener);
  for (std::int64_t i = 1; i <= 50; ++i) {
    const int before = listener.moves();
    must(log.append(event("a-1")));
    listener.await_move(before);
    EXPECT_EQ(must(log.head()).value, i);
  }
  log.ns().unwatch(listener);
  EXPECT_EQ(listener.ends(), 0);
}

TEST_P(WatchContract, AnAppendFromAnyThreadIsToldToEveryListener) {
  const Log log = create();
  Listener first;
  Listener second;
  log.ns().watch(first);
  log.ns().watch(second);
  must(log.on(second_io_).append(event("a-1")));
  first.await_move(0);
  second.await_move(0);
  log.ns().unwatch(first);
  must(log.on(third_io_).append(event("a-1")));
  second.await_move(1);
  EXPECT_EQ(first.moves(), 1);
  log.ns().unwatch(second);
}

TEST_P(WatchContract, IsNotToldOfOtherNamespaces) {
  const Log log = create("one");
  const Log other = create("two");
  Listener listener;
  Listener elsewhere;
  log.ns().watch(listener);
  other.ns().watch(elsewhere);
  must(other.append(event("a-1")));
  elsewhere.await_move(0);
  EXPECT_EQ(listener.moves(), 0);
  log.ns().unwatch(listener);
  other.ns().unwatch(elsewhere);
}

TEST_P(WatchContract, IsNotToldOfWhatStoredNothing) {
  const Log log = create();
  NewMessage message = event("a-1");
  message.id = id_number(1);
  must(log.append(message));
  Listener listener;
  log.ns().watch(listener);
  must(log.append(message));
  EXPECT_EQ(failure_of(log.append(event_at("a-1", 9))), ErrorCode::kVersionConflict);
  EXPECT_EQ(listener.moves(), 0);
  must(log.append(event("a-1")));
  listener.await_move(0);
  EXPECT_EQ(listener.moves(), 1);
  log.ns().unwatch(listener);
}

TEST_P(WatchContract, NoCallComesAfterUnwatch) {
  const Log log = create();
  std::atomic<bool> stop{false};
  auto writer = std::async(std::launch::async, [&] {
    const Log mine = log.on(second_io_);
    while (!stop) must(mine.append(event("a-1")));
  });
  for (int i = 0; i < 200; ++i) {
    // A call into a listener that is gone is found by the sanitizers.
    auto listener = std::make_unique<Listener>();
    log.ns().watch(*listener);
    if (i % 4 == 0) listener->await_move(0);
    log.ns().unwatch(*listener);
  }
  stop = true;
  writer.get();
}

TEST_P(WatchContract, AListenerThatLooksAtTheHeadFirstMissesNothing) {
  const Log log = create();
  constexpr std::int64_t kCount = 300;
  auto writer = std::async(std::launch::async, [&] {
    const Log mine = log.on(second_io_);
    for (std::int64_t i = 0; i < kCount; ++i) must(mine.append(event("a-1")));
  });
  Listener listener;
  log.ns().watch(listener);
  for (int seen = 0;;) {
    seen = listener.moves();
    if (must(log.head()).value == kCount) break;
    listener.await_move(seen);
  }
  writer.get();
  log.ns().unwatch(listener);
}

TEST_P(WatchContract, DeletionEndsListeners) {
  const Log log = create("one");
  Listener first;
  Listener second;
  log.ns().watch(first);
  log.ns().watch(second);
  must(log.append(event("a-1")));
  must(remove("one"));
  first.await_end();
  second.await_end();
  EXPECT_EQ(failure_of(log.append(event("a-1"))), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(first.ends(), 1);
  EXPECT_EQ(first.after_end(), 0);
  EXPECT_EQ(second.ends(), 1);
  log.ns().unwatch(first);
  log.ns().unwatch(second);
}

TEST_P(WatchContract, WatchingADeletedNamespaceEndsAtOnce) {
  const Log log = create("one");
  must(remove("one"));
  Listener listener;
  log.ns().watch(listener);
  EXPECT_EQ(listener.ends(), 1);
  log.ns().unwatch(listener);
}

TEST_P(WatchContract, DeletionUnderLoadEndsEachListenerOnceAndLast) {
  for (int round = 0; round < 10; ++round) {
    Log log = create("busy");
    auto writer = std::async(std::launch::async, [&] {
      const Log mine = log.on(second_io_);
      while (mine.append(event("a-1"))) {
      }
    });
    Listener listener;
    log.ns().watch(listener);
    listener.await_move(0);
    must(remove("busy"));
    listener.await_end();
    writer.get();
    EXPECT_EQ(listener.ends(), 1);
    EXPECT_EQ(listener.after_end(), 0);
    log.ns().unwatch(listener);
  }
}

TEST_P(WatchContract, ClosingTheStoreEndsListeners) {
  Log log = create("one");
  Listener listener;
  log.ns().watch(listener);
  must(log.append(event("a-1")));
  log.release();
  close_store();
  EXPECT_EQ(listener.ends(), 1);
}

}  // namespace
}  // namespace eventodb::contract
