#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>

#include "base/io_thread.hpp"
#include "base/wake_up.hpp"

namespace eventodb::subscription {

/// How long a feed leaves its thread to requests after it told subscribers of several messages at
/// once, which took `took` until the last of them had its turn. Each telling costs a write to every
/// subscriber's socket; what is committed during the rest shares the writes of the next.
std::chrono::nanoseconds rest_after(std::chrono::nanoseconds took);

/// Wakes a coroutine of its thread after a time. Allocates nothing.
class RestTimer {
 public:
  explicit RestTimer(base::IoThread& thread) : timer_(thread.context()) {}
  /// One at a time. Both must live until then.
  void wake_after(std::chrono::nanoseconds time, base::WakeUp& rested);

 private:
  boost::asio::steady_timer timer_;
  alignas(std::max_align_t) std::byte slot_[256];  // what Asio keeps while it waits
};

/// Time as feeds see it; tests have their own.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  /// The real one.
  static Pace& usual();

  virtual ~Pace() = default;
  virtual Clock::time_point now() { return Clock::now(); }
  /// Wakes the feed after the time that rest_after() gave.
  virtual void rest(RestTimer& timer, std::chrono::nanoseconds time, base::WakeUp& rested);
};

}  // namespace eventodb::subscription
