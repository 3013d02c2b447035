#pragma once

#include <atomic>
#include <cstdint>

#include "base/awaitable.hpp"
#include "base/io_thread.hpp"

namespace eventodb::base {

/// One coroutine waits, any thread wakes it; wake-ups while it runs are remembered as one, so none
/// is lost and none queues. Allocates nothing.
class WakeUp {
 public:
  /// Returns at once when notified since the last wait; else on the next notify(). One waiter.
  Awaitable<> wait() {
    co_await hop_.suspend([this] {
      auto expected = State::kRunning;
      if (!state_.compare_exchange_strong(expected, State::kWaiting, std::memory_order_acq_rel)) {
        hop_.finish();  // notified meanwhile
      }
    });
    // Acquire: what was written before any notify() so far is visible from here on.
    state_.exchange(State::kRunning, std::memory_order_acq_rel);
  }

  /// Any thread. REQUIRES: the object outlives the call.
  void notify() noexcept {
    if (state_.exchange(State::kNotified, std::memory_order_acq_rel) == State::kWaiting) {
      hop_.finish();
    }
  }

 private:
  enum class State : std::uint8_t { kRunning, kWaiting, kNotified };

  std::atomic<State> state_{State::kRunning};
  ThreadHop hop_;
};

}  // namespace eventodb::base
