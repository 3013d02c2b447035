#include "support/allocation_counter.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

constinit thread_local eventodb::test::AllocationCounts t_counts;

void count_allocation(std::size_t bytes) {
  ++t_counts.allocations;
  t_counts.bytes += bytes;
}

void count_free(const void* memory) {
  if (memory != nullptr) ++t_counts.frees;
}

}  // namespace

namespace eventodb::test {
AllocationCounts allocation_counts() {
  return t_counts;
}
}  // namespace eventodb::test

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void* operator new(std::size_t bytes) {
  count_allocation(bytes);
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) {
  return operator new(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  count_allocation(bytes);
  return std::malloc(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& nothrow) noexcept {
  return operator new(bytes, nothrow);
}
void operator delete(void* memory) noexcept {
  count_free(memory);
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  operator delete(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  operator delete(memory);
}

#else

// glibc's own names for what is replaced here by counting versions.
extern "C" void* __libc_malloc(std::size_t bytes);
extern "C" void* __libc_calloc(std::size_t count, std::size_t bytes);
extern "C" void* __libc_realloc(void* memory, std::size_t bytes);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t bytes);
extern "C" void __libc_free(void* memory);

extern "C" void* malloc(std::size_t bytes) {
  count_allocation(bytes);
  return __libc_malloc(bytes);
}
extern "C" void* calloc(std::size_t count, std::size_t bytes) {
  count_allocation(count * bytes);
  return __libc_calloc(count, bytes);
}
extern "C" void* realloc(void* memory, std::size_t bytes) {
  count_allocation(bytes);
  count_free(memory);
  return __libc_realloc(memory, bytes);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count_allocation(bytes);
  return __libc_memalign(alignment, bytes);
}
extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  count_allocation(bytes);
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
extern "C" void free(void* memory) {
  count_free(memory);
  __libc_free(memory);
}

#endif
