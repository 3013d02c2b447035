#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// gperftools behind a small interface. A build without it (EVENTODB_PROFILING=OFF, sanitizers) has
/// the same functions: is_built_in() is false, and the rest does nothing and returns nothing.
namespace eventodb::profiling {

/// Whether this build can make profiles.
bool is_built_in();

/// Average bytes allocated between two samples when the environment does not say.
inline constexpr std::int64_t kSamplePeriodBytes = 512 * 1024;

/// Turns on sampling of the live heap, which gperftools reads from the environment before main()
/// starts (TCMALLOC_SAMPLE_PARAMETER: bytes between samples, 0 is off): when it is not set, sets it
/// and starts this program again in the same process. Returns when there is nothing to do or that
/// failed. Call before anything was opened or started.
void restart_with_heap_sampling();

/// Begins to record where memory is allocated, with the same period as the heap's sampling; nothing
/// when that is off. Once, before threads start.
void start_allocation_sampling();

/// Sampled live heap, "heap_v2" text.
std::string heap_profile();
/// Where the heap had to grow since the start, in full.
std::string growth_profile();
/// What was allocated since the start, freed or not, estimated from samples.
std::string allocation_profile();

/// The process's one CPU profile. Only one can run at a time.
class CpuProfile {
 public:
  enum class Start : std::uint8_t { kStarted, kBusy, kFailed };

  CpuProfile() = default;
  /// Stops a profile that was not finished.
  ~CpuProfile();
  CpuProfile(const CpuProfile&) = delete;
  CpuProfile& operator=(const CpuProfile&) = delete;

  /// Samples all threads from now on, as often as CPUPROFILE_FREQUENCY says (100 a second).
  Start start();
  /// Ends it and returns the profile in gperftools' binary form. REQUIRES: started.
  std::string finish();

 private:
  int file_ = -1;  // anonymous memory gperftools writes to
};

/// tcmalloc's figures by name, in bytes.
std::vector<std::pair<std::string_view, std::uint64_t>> malloc_figures();

}  // namespace eventodb::profiling
