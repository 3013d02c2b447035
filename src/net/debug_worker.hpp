#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>

#include "base/io_thread.hpp"
#include "eventodb/store.hpp"

namespace eventodb::net {

/// One thread for diagnostics that would hold up an I/O thread: reading symbol tables, waiting for
/// other threads' stacks. It starts with the first job.
class DebugWorker {
 public:
  DebugWorker() = default;
  /// REQUIRES: no job is waiting or running.
  ~DebugWorker();
  DebugWorker(const DebugWorker&) = delete;
  DebugWorker& operator=(const DebugWorker&) = delete;

  /// Runs `work` on the worker's thread; what it throws is thrown here. False, and nothing done:
  /// limits::kDebugJobsMax jobs are under way. `work` must be a named object of the caller:
  /// GCC 12 is not to be trusted with temporaries in a co_await expression.
  Awaitable<bool> run(const std::function<void()>& work);

 private:
  struct Job;

  bool reserve();
  void push(Job& job);
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  Job* first_ = nullptr;  // linked by next_hop, in order of arrival
  Job* last_ = nullptr;
  std::size_t jobs_ = 0;  // waiting or running
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace eventodb::net
