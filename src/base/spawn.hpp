#pragma once

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/awaitable.hpp"
#include "base/slot_allocator.hpp"

// Where coroutines and Asio meet: their start on an event loop, and Asio's operations.
namespace eventodb::base {

/// What co_await waits for: an operation of Asio whose handler takes `Results`, which it gives.
template <class Start, class... Results>
class AsioOperation {
 public:
  explicit AsioOperation(Start start) : start_(std::move(start)) {}
  AsioOperation(const AsioOperation&) = delete;
  AsioOperation& operator=(const AsioOperation&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    start_(boost::asio::bind_allocator(SlotAllocator<std::byte>(slot_, sizeof(slot_)),
                                       [this, waiting](Results... results) {
                                         results_ = std::tuple<Results...>(results...);
                                         resume(waiting);
                                       }));
  }
  std::tuple<Results...> await_resume() const noexcept { return results_; }

 private:
  Start start_;
  std::tuple<Results...> results_;
  alignas(std::max_align_t) std::byte slot_[256];  // what Asio keeps while it waits
};

/// co_await operation<error_code, std::size_t>([&](auto handler) { ... }): `start` begins an
/// operation of Asio with that handler, which must be called once, on this thread and not before
/// `start` returns. A loop that is destroyed before that leaves the coroutine where it is for good.
template <class... Results, class Start>
AsioOperation<Start, Results...> operation(Start start) {
  return AsioOperation<Start, Results...>(std::move(start));
}

/// A coroutine that nobody awaits. It frees itself at its end.
class Spawned {
 public:
  struct promise_type : KeptFrame {
    Spawned get_return_object() noexcept {
      return Spawned(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }  // `on_end` threw
  };

  Spawned(Spawned&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  ~Spawned() {
    if (coroutine_) coroutine_.destroy();
  }
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;

  void operator()() { resume(std::exchange(coroutine_, nullptr)); }

 private:
  explicit Spawned(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

using LoopWork = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

template <class T, class OnEnd>
Spawned run_to_end(LoopWork, Awaitable<T> coroutine, OnEnd on_end) {
  std::exception_ptr thrown;
  if constexpr (std::is_void_v<T>) {
    try {
      co_await Awaitable<T>(std::move(coroutine));  // whose parameters end with it
    } catch (...) {
      thrown = std::current_exception();
    }
    on_end(thrown);
  } else {
    std::optional<T> result;
    try {
      result.emplace(co_await Awaitable<T>(std::move(coroutine)));
    } catch (...) {
      thrown = std::current_exception();
    }
    on_end(thrown, std::move(result));
  }
}

/// Starts a coroutine on a loop, at once if this is the loop's thread. At its end `on_end` is
/// called there, with what it threw or nullptr and, unless T is void, a std::optional of what it
/// gave; it must not throw. The loop runs until then. Any thread.
template <class T, class OnEnd>
void spawn(boost::asio::io_context& context, Awaitable<T> coroutine, OnEnd on_end) {
  boost::asio::dispatch(context, run_to_end(LoopWork(context.get_executor()), std::move(coroutine),
                                            std::move(on_end)));
}

/// The same for one that handles its errors itself.
inline void spawn(boost::asio::io_context& context, Awaitable<> coroutine) {
  spawn(context, std::move(coroutine), [](const std::exception_ptr&) {});
}

}  // namespace eventodb::base
