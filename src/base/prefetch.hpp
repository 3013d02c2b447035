#pragma once

namespace eventodb::base {

/// Asks the processor for the cache line at `address`, which need not be valid. Any thread.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  // GCC 12 takes a function that does nothing else for one without effect, and drops its calls.
  asm volatile("");
}

}  // namespace eventodb::base
