#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "eventodb/store.hpp"

namespace eventodb::store {

/// The listeners of one namespace. Calls to them are made one at a time, under a lock of its own,
/// so that none is running once remove() has returned. All functions may be called from any thread.
class ListenerList {
 public:
  /// After end() the listener is told so at once instead.
  void add(HeadListener& listener) {
    const std::lock_guard lock(mutex_);
    if (ended_) return listener.ended();
    listeners_.push_back(&listener);
    count_.store(listeners_.size(), std::memory_order_relaxed);
  }

  void remove(HeadListener& listener) {
    const std::lock_guard lock(mutex_);
    std::erase(listeners_, &listener);
    count_.store(listeners_.size(), std::memory_order_relaxed);
  }

  /// Call after the append, holding no lock. A listener that looked at the head before the append
  /// is seen here without the lock: both looked under the namespace's.
  void tell_head_moved() {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock(mutex_);
    for (HeadListener* listener : listeners_) listener->head_moved();
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (HeadListener* listener : listeners_) listener->ended();
    listeners_.clear();
    count_.store(0, std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;
  std::vector<HeadListener*> listeners_;
  std::atomic<std::size_t> count_{0};
  bool ended_ = false;
};

}  // namespace eventodb::store
