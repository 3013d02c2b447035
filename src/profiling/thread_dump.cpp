#include "profiling/thread_dump.hpp"

#include <dirent.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "profiling/process_files.hpp"
#include "profiling/stack_signal.hpp"
#include "profiling/symbols.hpp"

namespace eventodb::profiling {
namespace {

std::vector<pid_t> thread_ids() {
  std::vector<pid_t> ids;
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  while (const dirent* entry = tasks == nullptr ? nullptr : readdir(tasks.get())) {
    const pid_t id = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (id > 0) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Reads /proc/self/task/<id>/stat: "id (name) state ...", where field 14 and 15 are the processor
/// times in clock ticks and the name may hold anything. nullopt: the thread has ended.
std::optional<ThreadReport> read_status(pid_t id) {
  const auto text = read_proc_file("/proc/self/task/" + std::to_string(id) + "/stat");
  if (!text) return std::nullopt;
  const std::size_t open = text->find('(');
  const std::size_t close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  ThreadReport report;
  report.id = id;
  report.name = text->substr(open + 1, close - open - 1);
  unsigned long user = 0;
  unsigned long system = 0;
  if (std::sscanf(text->c_str() + close + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                  &report.state, &user, &system) != 3) {
    return std::nullopt;
  }
  const auto per_second = static_cast<unsigned long>(sysconf(_SC_CLK_TCK));
  report.user_time = std::chrono::milliseconds(user * 1000 / per_second);
  report.system_time = std::chrono::milliseconds(system * 1000 / per_second);
  return report;
}

void append_stack(std::string& out, const std::vector<std::uintptr_t>& stack, Symbols& symbols) {
  if (stack.empty()) out += "  (no stack: it did not answer in time)\n";
  for (std::size_t i = 0; i < stack.size(); ++i) {
    // All but the innermost are return addresses, which may lie behind the calling function.
    const std::string name = symbols.name_of(i == 0 ? stack[i] : stack[i] - 1);
    std::array<char, 48> place;
    std::snprintf(place.data(), place.size(), "  #%-2zu 0x%012zx ", i, stack[i]);
    out += place.data();
    out += name.empty() ? "?" : name;
    out += '\n';
  }
}

}  // namespace

std::vector<ThreadReport> report_threads(std::chrono::milliseconds answer_time) {
  std::vector<ThreadReport> reports;
  StackSignal signal;
  for (const pid_t id : thread_ids()) {
    auto report = read_status(id);  // before the signal, which wakes the thread
    if (!report) continue;
    report->stack = signal.stack_of(id, answer_time);
    reports.push_back(std::move(*report));
  }
  return reports;
}

std::string render_threads(const std::vector<ThreadReport>& threads) {
  Symbols symbols;
  std::string out = "threads: " + std::to_string(threads.size()) + "\n";
  for (const ThreadReport& thread : threads) {
    std::array<char, 160> line;
    std::snprintf(line.data(), line.size(),
                  "\n%d \"%s\" state %c, cpu %.2f s (user %.2f, system %.2f)\n", thread.id,
                  thread.name.c_str(), thread.state,
                  static_cast<double>((thread.user_time + thread.system_time).count()) / 1000,
                  static_cast<double>(thread.user_time.count()) / 1000,
                  static_cast<double>(thread.system_time.count()) / 1000);
    out += line.data();
    append_stack(out, thread.stack, symbols);
  }
  return out;
}

}  // namespace eventodb::profiling
