#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <coroutine>
#include <cstddef>
#include <utility>

#include "base/awaitable.hpp"

namespace eventodb::base {

class ThreadHop;

/// One event loop and its thread: the only place where work moves between I/O and storage threads.
/// The loop runs on the thread that calls run(); everything else a connection owns stays there.
class IoThread {
 public:
  IoThread();
  /// Waits for threads that are still within the call that sent the last coroutine home: it may
  /// have run to its end, and run() with it, while they are on their way out of the loop's queue.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  boost::asio::io_context& context() { return context_; }

  /// Runs the loop on the calling thread until context().stop() or until it has nothing left to do.
  void run();

  /// The IoThread whose run() is on this thread's stack. REQUIRES: there is one.
  static IoThread& current();
  /// The same, or nullptr.
  static IoThread* current_or_null();

 private:
  friend class ThreadHop;

  void resume_later(ThreadHop* first, ThreadHop* last);
  void drain();
  void end_turn();
  void send_leaving();

  boost::asio::io_context context_{1};
  std::atomic<ThreadHop*> finished_{nullptr};  // a stack; the push onto an empty one posts drain()
  std::atomic<int> posting_{0};                // threads within post() to the context
  // Memory for the one drain() that can be in flight, so that a hop never allocates.
  alignas(std::max_align_t) std::byte drain_slot_[256];
  // What waits for the end of this turn; touched by the loop's thread alone.
  ThreadHop* leaving_first_ = nullptr;
  ThreadHop* leaving_last_ = nullptr;
  int leaving_count_ = 0;
  bool is_turn_end_posted_ = false;
  alignas(std::max_align_t) std::byte end_turn_slot_[256];
};

/// A coroutine that left its I/O thread for another one and wants to come back: an intrusive node
/// in the coroutine's own frame, so waiting costs no allocation. Derive from it to carry the work.
///
///   struct Operation : ThreadHop { ... };
///   Operation op;
///   co_await op.suspend([&](Operation&) { writer.push(op); });   // another thread: op.finish()
class ThreadHop {
 public:
  ThreadHop() = default;
  ThreadHop(const ThreadHop&) = delete;
  ThreadHop& operator=(const ThreadHop&) = delete;

  /// co_await it: suspends the coroutine, then calls `start()`, which hands `this` to another
  /// thread. Resumes on the same I/O thread after finish(). The work must be finished exactly once,
  /// also at shutdown; the I/O thread must outlive it.
  template <class Start>
  auto suspend(Start start) {
    return Suspension<Start>{*this, std::move(start)};
  }

  /// Hands a chain of suspended hops, linked by `next_hop`, to other threads: as many of the first
  /// ones as it likes, at least one. Returns the rest, untouched.
  using Leave = ThreadHop* (*)(ThreadHop* chain);

  /// suspend(), where the hand-over waits until the loop has run what was ready, or some more wait
  /// with it: hops that leave in one turn leave as few chains, so that one lock and one wake-up
  /// serve many.
  auto suspend_until_turn_ends(Leave leave) {
    return suspend([this, leave] { leave_at_turn_end(leave); });
  }
  /// For a Leave, which may be given hops of others: whether this one waits for `leave`.
  bool leaves_by(Leave leave) const { return leave_ == leave; }

  /// Sends the coroutine home. Any thread; the object may be gone when this returns.
  void finish() { home_->resume_later(this, this); }

  /// The same for a chain linked by `next_hop`, with one wake-up per I/O thread that waits.
  /// The chain may mix I/O threads; the order within one is kept.
  static void finish_all(ThreadHop* first);

  /// Free for the use of whoever holds the suspended hop: queues, lists, chains.
  ThreadHop* next_hop = nullptr;

 private:
  friend class IoThread;

  template <class Start>
  struct Suspension {
    bool await_ready() const noexcept { return false; }
    // If start() threw, nobody could tell who has the hop now: that ends the process.
    void await_suspend(std::coroutine_handle<> waiting) noexcept {
      hop.home_ = &IoThread::current();
      hop.waiting_ = waiting;
      start();
    }
    void await_resume() const noexcept {}

    ThreadHop& hop;
    Start start;
  };

  void leave_at_turn_end(Leave leave);

  IoThread* home_ = nullptr;
  Leave leave_ = nullptr;
  std::coroutine_handle<> waiting_;
};

/// Goes on when what else is ready on this I/O thread has had its turn; those who wait so together
/// share one place in the loop's queue.
Awaitable<> next_turn();

}  // namespace eventodb::base
