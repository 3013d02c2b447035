#include "subscription/pace.hpp"

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>

#include "base/slot_allocator.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::subscription {
namespace {

/// Telling subscribers then takes a third of the thread at most, until kFeedRestMax cuts the rest.
constexpr int kRestsPerTelling = 2;

}  // namespace

std::chrono::nanoseconds rest_after(std::chrono::nanoseconds took) {
  return std::min<std::chrono::nanoseconds>(took * kRestsPerTelling, limits::kFeedRestMax);
}

void RestTimer::wake_after(std::chrono::nanoseconds time, base::WakeUp& rested) {
  timer_.expires_after(time);
  timer_.async_wait(
      boost::asio::bind_allocator(base::SlotAllocator<std::byte>(slot_, sizeof(slot_)),
                                  [&rested](boost::system::error_code) { rested.notify(); }));
}

Pace& Pace::usual() {
  static Pace pace;
  return pace;
}

void Pace::rest(RestTimer& timer, std::chrono::nanoseconds time, base::WakeUp& rested) {
  timer.wake_after(time, rested);
}

}  // namespace eventodb::subscription
