#include "base/io_thread.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/check.hpp"
#include "base/slot_allocator.hpp"

namespace eventodb::base {
namespace {

thread_local IoThread* current_thread = nullptr;

/// A long turn must not leave the other threads without work; measured in docs/performance.md,
/// "Handing appends over together".
constexpr int kLeaveTogetherMax = 8;

}  // namespace

IoThread::IoThread() = default;

IoThread::~IoThread() {
  while (posting_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void IoThread::run() {
  EVENTODB_CHECK(current_thread == nullptr);
  current_thread = this;
  context_.run();
  current_thread = nullptr;
}

IoThread& IoThread::current() {
  EVENTODB_CHECK(current_thread != nullptr);
  return *current_thread;
}

IoThread* IoThread::current_or_null() {
  return current_thread;
}

void IoThread::resume_later(ThreadHop* first, ThreadHop* last) {
  ThreadHop* head = finished_.load(std::memory_order_relaxed);
  do {
    last->next_hop = head;
  } while (!finished_.compare_exchange_weak(head, first, std::memory_order_acq_rel,
                                            std::memory_order_relaxed));
  if (head != nullptr) return;  // whoever made it non-empty has posted
  posting_.fetch_add(1, std::memory_order_relaxed);
  boost::asio::post(context_, boost::asio::bind_allocator(
                                  SlotAllocator<std::byte>(drain_slot_, sizeof(drain_slot_)),
                                  [this] { drain(); }));
  posting_.fetch_sub(1, std::memory_order_release);  // the last touch: *this may be gone now
}

void IoThread::drain() {
  ThreadHop* newest = finished_.exchange(nullptr, std::memory_order_acq_rel);
  ThreadHop* oldest = nullptr;
  while (newest != nullptr) {
    ThreadHop* next = newest->next_hop;
    newest->next_hop = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    ThreadHop* next = oldest->next_hop;
    resume(oldest->waiting_);  // may destroy *oldest
    oldest = next;
  }
}

void IoThread::end_turn() {
  is_turn_end_posted_ = false;
  send_leaving();
}

void IoThread::send_leaving() {
  ThreadHop* first = std::exchange(leaving_first_, nullptr);
  while (first != nullptr) first = first->leave_(first);
}

void ThreadHop::leave_at_turn_end(Leave leave) {
  leave_ = leave;
  next_hop = nullptr;
  IoThread& home = *home_;
  if (home.leaving_first_ != nullptr) {
    home.leaving_last_->next_hop = this;
    home.leaving_last_ = this;
    if (++home.leaving_count_ == kLeaveTogetherMax) home.send_leaving();
    return;
  }
  home.leaving_first_ = home.leaving_last_ = this;
  home.leaving_count_ = 1;
  if (std::exchange(home.is_turn_end_posted_, true)) return;
  // Behind every handler that is ready now, and behind one more look at the sockets.
  boost::asio::post(home.context_,
                    boost::asio::bind_allocator(
                        SlotAllocator<std::byte>(home.end_turn_slot_, sizeof(home.end_turn_slot_)),
                        [&home] { home.end_turn(); }));
}

void ThreadHop::finish_all(ThreadHop* first) {
  while (first != nullptr) {
    // Take the run of hops with the same home and reverse it: the stack's drain reverses again.
    IoThread* home = first->home_;
    ThreadHop* last = first;
    ThreadHop* reversed = nullptr;
    while (first != nullptr && first->home_ == home) {
      ThreadHop* next = first->next_hop;
      first->next_hop = reversed;
      reversed = first;
      first = next;
    }
    home->resume_later(reversed, last);
  }
}

Awaitable<> next_turn() {
  ThreadHop hop;
  co_await hop.suspend([&hop] { hop.finish(); });
}

}  // namespace eventodb::base
