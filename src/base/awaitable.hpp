#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "base/frame_memory.hpp"

namespace eventodb::base {

/// Who waited for the coroutine that has just ended on this thread. For resume() alone.
inline constinit thread_local std::coroutine_handle<> next_to_resume{};

/// Lets a coroutine go on from where it waits and, when it ends, the one that waits for it, and so
/// on, until one waits for something else. For what coroutines wait for, on their I/O thread.
inline void resume(std::coroutine_handle<> coroutine) {
  // In a loop and not within each other: an end would run on in a frame that is gone.
  while (coroutine) {
    coroutine.resume();
    coroutine = std::exchange(next_to_resume, nullptr);
  }
}

/// What every coroutine's frame begins with.
class AwaitableFrame : public KeptFrame {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() const noexcept { return End(); }
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  void set_caller(std::coroutine_handle<> caller) noexcept { caller_ = caller; }

 protected:
  void rethrow() {
    if (thrown_) std::rethrow_exception(std::move(thrown_));
  }

 private:
  struct End {
    bool await_ready() const noexcept { return false; }
    template <class Frame>
    void await_suspend(std::coroutine_handle<Frame> ended) const noexcept {
      const AwaitableFrame& frame = ended.promise();
      if (frame.caller_) next_to_resume = frame.caller_;
    }
    void await_resume() const noexcept {}
  };

  std::coroutine_handle<> caller_;  // none while it has not had to wait
  std::exception_ptr thrown_;
};

template <class T>
class AwaitableFrameOf : public AwaitableFrame {
 public:
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class AwaitableFrameOf<void> : public AwaitableFrame {
 public:
  void return_void() const noexcept {}
  void take() { rethrow(); }
};

/// A coroutine that gives a T, or what it throws, to the one that awaits it. It starts when it is
/// awaited, on an I/O thread, and stays on that thread; one that need not wait goes on without a
/// detour. Made for that, it costs less than `boost::asio::awaitable`, which can change executors
/// and be cancelled (docs/performance.md). Frames are reused (base/frame_memory.hpp).
template <class T = void>
class [[nodiscard]] Awaitable {
 public:
  class promise_type : public AwaitableFrameOf<T> {
   public:
    Awaitable get_return_object() noexcept {
      return Awaitable(std::coroutine_handle<promise_type>::from_promise(*this));
    }
  };

  Awaitable(Awaitable&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  ~Awaitable() {
    if (coroutine_) coroutine_.destroy();
  }
  Awaitable(const Awaitable&) = delete;
  Awaitable& operator=(const Awaitable&) = delete;

  // for co_await, once
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> caller) const {
    coroutine_.resume();
    if (coroutine_.done()) return false;
    coroutine_.promise().set_caller(caller);
    return true;
  }
  T await_resume() const { return coroutine_.promise().take(); }

 private:
  explicit Awaitable(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

}  // namespace eventodb::base
