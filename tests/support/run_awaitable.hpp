#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/io_thread.hpp"
#include "base/spawn.hpp"

namespace eventodb::test {

/// A running I/O thread for tests that call a store from outside, or from several threads at once.
class RunningIoThread {
 public:
  RunningIoThread() = default;
  ~RunningIoThread() {
    work_.reset();
    thread_.join();  // ends when everything started on it has ended
  }
  RunningIoThread(const RunningIoThread&) = delete;
  RunningIoThread& operator=(const RunningIoThread&) = delete;

  /// Starts the coroutine on this thread. The future has its result or what it threw.
  template <class T>
  std::future<T> start(base::Awaitable<T> coroutine) {
    std::promise<T> promise;
    auto future = promise.get_future();
    base::spawn(io_.context(), settle(std::move(coroutine), std::move(promise)),
                [](std::exception_ptr) {});
    return future;
  }

  /// Runs the coroutine to its end; blocks the calling thread, which must be another one.
  template <class T>
  T run(base::Awaitable<T> coroutine) {
    return start(std::move(coroutine)).get();
  }

 private:
  template <class T>
  static base::Awaitable<void> settle(base::Awaitable<T> coroutine, std::promise<T> promise) {
    try {
      if constexpr (std::is_void_v<T>) {
        co_await base::Awaitable<T>(std::move(coroutine));  // whose parameters end with it
        promise.set_value();
      } else {
        promise.set_value(co_await base::Awaitable<T>(std::move(coroutine)));
      }
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  }

  base::IoThread io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.context().get_executor()};
  std::thread thread_{[this] { io_.run(); }};
};

}  // namespace eventodb::test
