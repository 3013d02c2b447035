#include "base/idle_memory.hpp"

#include <algorithm>

// tcmalloc's, when the program is linked with it (gperftools/malloc_extension_c.h).
extern "C" {
[[gnu::weak]] int MallocExtension_GetNumericProperty(const char* property, std::size_t* value);
[[gnu::weak]] void MallocExtension_ReleaseToSystem(std::size_t bytes);
}

namespace eventodb::base {

std::size_t IdleMemory::sample(std::size_t free_bytes) {
  free_bytes_[next_] = free_bytes;
  next_ = (next_ + 1) % kSamples;
  const std::size_t unused = *std::ranges::min_element(free_bytes_);
  if (unused <= kept_bytes_) return 0;
  const std::size_t bytes = std::min(unused - kept_bytes_, kStepBytes);
  for (std::size_t& earlier : free_bytes_) earlier -= bytes;
  return bytes;
}

void IdleMemory::give_back() {
  if (MallocExtension_ReleaseToSystem == nullptr) return;
  std::size_t free_bytes = 0;
  MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &free_bytes);
  if (const std::size_t bytes = sample(free_bytes); bytes != 0) {
    MallocExtension_ReleaseToSystem(bytes);
  }
}

}  // namespace eventodb::base
