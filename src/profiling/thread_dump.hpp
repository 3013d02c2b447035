#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace eventodb::profiling {

/// What one thread of this process is doing.
struct ThreadReport {
  pid_t id = 0;
  std::string name;
  char state = '?';  ///< as in /proc: R runs, S sleeps, D waits for a disk
  std::chrono::milliseconds user_time{0};
  std::chrono::milliseconds system_time{0};
  std::vector<std::uintptr_t> stack;  ///< innermost first; empty: it did not answer in time
};

/// Reports all threads, by id. Each is interrupted by a signal (SIGURG, ignored by default) to take
/// its stack itself, and given `answer_time` to do so; a thread that blocks the signal or gets no
/// processor is reported without one. Callers take turns. Blocks; not for I/O threads. Nothing in
/// builds without profiling.
std::vector<ThreadReport> report_threads(
    std::chrono::milliseconds answer_time = std::chrono::milliseconds(100));

/// The reports as text with symbolised stacks.
std::string render_threads(const std::vector<ThreadReport>& threads);

}  // namespace eventodb::profiling
