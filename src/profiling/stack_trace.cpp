#include "profiling/stack_trace.hpp"

#include <gperftools/stacktrace.h>

namespace eventodb::profiling {

std::size_t capture_stack(std::span<std::uintptr_t> frames, const void* signal_context) {
  static_assert(sizeof(std::uintptr_t) == sizeof(void*));
  void** to = reinterpret_cast<void**>(frames.data());
  const int room = static_cast<int>(frames.size());
  const int depth = signal_context == nullptr
                        ? GetStackTrace(to, room, 1)
                        : GetStackTraceWithContext(to, room, 0, signal_context);
  return depth < 0 ? 0 : static_cast<std::size_t>(depth);
}

}  // namespace eventodb::profiling
