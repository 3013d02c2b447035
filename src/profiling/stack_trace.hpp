#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace eventodb::profiling {

/// Fills `frames` with the return addresses of the calling thread's stack, innermost first, and
/// returns how many. In a signal handler pass its context to begin where the thread was. Safe in
/// signal handlers and in malloc hooks.
std::size_t capture_stack(std::span<std::uintptr_t> frames, const void* signal_context = nullptr);

}  // namespace eventodb::profiling
