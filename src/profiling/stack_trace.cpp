#include "profiling/stack_trace.hpp"

#include <gperftools/stacktrace.h>
#include <ucontext.h>

#include <algorithm>

namespace eventodb::profiling {
namespace {

/// Where the thread was when the signal came; 0: not known for this processor.
std::uintptr_t interrupted_at(const void* signal_context) {
  const auto& machine = static_cast<const ucontext_t*>(signal_context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<std::uintptr_t>(machine.pc);
#else
  static_cast<void>(machine);
  return 0;
#endif
}

}  // namespace

std::size_t capture_stack(std::span<std::uintptr_t> frames, const void* signal_context) {
  static_assert(sizeof(std::uintptr_t) == sizeof(void*));
  const int depth =
      GetStackTrace(reinterpret_cast<void**>(frames.data()), static_cast<int>(frames.size()), 1);
  const auto found = static_cast<std::size_t>(std::max(depth, 0));
  if (signal_context == nullptr) return found;
  // The handler's own frames lie on top of the interrupted function.
  const auto end = frames.begin() + static_cast<std::ptrdiff_t>(found);
  const auto first = std::find(frames.begin(), end, interrupted_at(signal_context));
  if (first == end) return found;
  return static_cast<std::size_t>(std::copy(first, end, frames.begin()) - frames.begin());
}

}  // namespace eventodb::profiling
