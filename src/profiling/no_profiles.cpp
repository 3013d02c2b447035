#include "profiling/profiles.hpp"
#include "profiling/symbols.hpp"
#include "profiling/thread_dump.hpp"

// The build without gperftools.
namespace eventodb::profiling {

bool is_built_in() {
  return false;
}
void restart_with_heap_sampling() {}
void start_allocation_sampling() {}
std::string heap_profile() {
  return {};
}
std::string growth_profile() {
  return {};
}
std::string allocation_profile() {
  return {};
}

CpuProfile::~CpuProfile() = default;
CpuProfile::Start CpuProfile::start() {
  return file_ < 0 ? Start::kFailed : Start::kBusy;
}
std::string CpuProfile::finish() {
  return {};
}

std::vector<std::pair<std::string_view, std::uint64_t>> malloc_figures() {
  return {};
}

class Symbols::Modules {};
Symbols::Symbols() = default;
Symbols::~Symbols() = default;
std::string Symbols::name_of(std::uintptr_t) {
  return {};
}

std::vector<ThreadReport> report_threads(std::chrono::milliseconds) {
  return {};
}
std::string render_threads(const std::vector<ThreadReport>&) {
  return {};
}

}  // namespace eventodb::profiling
