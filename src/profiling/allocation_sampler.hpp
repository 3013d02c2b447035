#pragma once

#include <cstdint>
#include <string>

namespace eventodb::profiling {

/// Records where memory is allocated: of about every `period` bytes allocated by a thread one
/// allocation's stack is taken, at random distances, so that every byte has the same chance. A
/// table of fixed size counts per stack; what finds no room in it is counted as one line without a
/// stack. The table is never emptied, so two profiles can be subtracted.
class AllocationSampler {
 public:
  /// Hooks into malloc for the rest of the process. Nothing when `period_bytes` is not positive or
  /// sampling has already started.
  static void start(std::int64_t period_bytes);

  /// The counts in gperftools' heap text, scaled up to what was allocated, without the list of
  /// libraries. "In use" repeats the allocations: this profile knows of no frees.
  static std::string render();
};

}  // namespace eventodb::profiling
