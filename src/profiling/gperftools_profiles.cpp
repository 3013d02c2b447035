#include <fcntl.h>
#include <gperftools/malloc_extension.h>
#include <gperftools/profiler.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstdlib>

#include "profiling/allocation_sampler.hpp"
#include "profiling/process_files.hpp"
#include "profiling/profiles.hpp"

namespace eventodb::profiling {
namespace {

constexpr char kPeriodVariable[] = "TCMALLOC_SAMPLE_PARAMETER";

std::atomic<bool> cpu_profile_runs{false};

std::string read_all(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return {};
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

bool is_built_in() {
  return true;
}

void restart_with_heap_sampling() {
  if (std::getenv(kPeriodVariable) != nullptr) return;
  setenv(kPeriodVariable, std::to_string(kSamplePeriodBytes).c_str(), 1);
  std::vector<std::string> arguments = command_line();
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // By its real path: the kernel takes the process's name from it.
  std::array<char, PATH_MAX> path{};
  if (readlink("/proc/self/exe", path.data(), path.size() - 1) > 0) execv(path.data(), argv.data());
}

void start_allocation_sampling() {
  const char* period = std::getenv(kPeriodVariable);
  if (period != nullptr) AllocationSampler::start(std::strtoll(period, nullptr, 10));
}

std::string heap_profile() {
  std::string profile;
  MallocExtension::instance()->GetHeapSample(&profile);
  return profile;
}

std::string growth_profile() {
  std::string profile;
  MallocExtension::instance()->GetHeapGrowthStacks(&profile);
  return profile;
}

std::string allocation_profile() {
  return AllocationSampler::render() + mapped_libraries();
}

CpuProfile::~CpuProfile() {
  if (file_ >= 0) finish();
}

CpuProfile::Start CpuProfile::start() {
  if (cpu_profile_runs.exchange(true)) return Start::kBusy;
  file_ = memfd_create("cpu-profile", MFD_CLOEXEC);
  const std::string path = "/proc/self/fd/" + std::to_string(file_);
  if (file_ >= 0 && ProfilerStart(path.c_str()) != 0) return Start::kStarted;
  if (file_ >= 0) close(file_);
  file_ = -1;
  cpu_profile_runs = false;
  ProfilerState state;
  ProfilerGetCurrentState(&state);
  return state.enabled != 0 ? Start::kBusy : Start::kFailed;  // CPUPROFILE may have started one
}

std::string CpuProfile::finish() {
  ProfilerStop();
  std::string profile = read_all(file_);
  close(file_);
  file_ = -1;
  cpu_profile_runs = false;
  return profile;
}

std::vector<std::pair<std::string_view, std::uint64_t>> malloc_figures() {
  static constexpr std::array<std::pair<std::string_view, const char*>, 9> kProperties{{
      {"allocatedBytes", "generic.current_allocated_bytes"},
      {"heapBytes", "generic.heap_size"},
      {"pageHeapFreeBytes", "tcmalloc.pageheap_free_bytes"},
      {"pageHeapUnmappedBytes", "tcmalloc.pageheap_unmapped_bytes"},
      {"centralCacheFreeBytes", "tcmalloc.central_cache_free_bytes"},
      {"transferCacheFreeBytes", "tcmalloc.transfer_cache_free_bytes"},
      {"threadCacheFreeBytes", "tcmalloc.thread_cache_free_bytes"},
      {"threadCacheBytes", "tcmalloc.current_total_thread_cache_bytes"},
      {"threadCacheBytesMax", "tcmalloc.max_total_thread_cache_bytes"},
  }};
  std::vector<std::pair<std::string_view, std::uint64_t>> figures;
  for (const auto& [name, property] : kProperties) {
    std::size_t value = 0;
    if (MallocExtension::instance()->GetNumericProperty(property, &value)) {
      figures.emplace_back(name, value);
    }
  }
  return figures;
}

}  // namespace eventodb::profiling
