#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace eventodb::profiling {

/// Asks threads of this process for their stacks by signal. One object exists at a time; a second
/// constructor waits for the first one's end.
class StackSignal {
 public:
  StackSignal();
  StackSignal(const StackSignal&) = delete;
  StackSignal& operator=(const StackSignal&) = delete;

  /// The thread's stack, innermost first; empty when it gave none within `answer_time`.
  std::vector<std::uintptr_t> stack_of(pid_t thread, std::chrono::milliseconds answer_time);

 private:
  std::unique_lock<std::mutex> turn_;
};

}  // namespace eventodb::profiling
