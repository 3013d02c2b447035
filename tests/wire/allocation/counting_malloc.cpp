// Loaded into the server by LD_PRELOAD: every allocation of every thread, whoever makes it, is
// counted in the test's ledger with its stack. Replaces tcmalloc by glibc's malloc.

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "wire/allocation/allocation_ledger.hpp"

extern "C" void* __libc_malloc(std::size_t bytes);
extern "C" void* __libc_calloc(std::size_t count, std::size_t bytes);
extern "C" void* __libc_realloc(void* memory, std::size_t bytes);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t bytes);
extern "C" void __libc_free(void* memory);

namespace {

using eventodb::test::AllocationLedger;

AllocationLedger* ledger = nullptr;
std::uintptr_t sqlite_begin = 0;
std::uintptr_t sqlite_end = 0;
// Taking a stack may itself allocate.
constinit thread_local bool recording __attribute__((tls_model("initial-exec"))) = false;

int find_sqlite(dl_phdr_info* object, std::size_t, void*) {
  if (std::strstr(object->dlpi_name, "libsqlite3.so") == nullptr) return 0;
  sqlite_begin = object->dlpi_addr;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object->dlpi_phdr[i];
    sqlite_end = std::max(sqlite_end, object->dlpi_addr + part.p_vaddr + part.p_memsz);
  }
  return 1;
}

__attribute__((constructor)) void open_ledger() {
  const char* path = std::getenv(eventodb::test::kLedgerVariable);
  const int file = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* memory =
      mmap(nullptr, sizeof(AllocationLedger), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return;
  dl_iterate_phdr(&find_sqlite, nullptr);
  void* frame = nullptr;
  backtrace(&frame, 1);  // loads what it needs
  ledger = static_cast<AllocationLedger*>(memory);
}

void record_site(std::size_t bytes) {
  void* stack[AllocationLedger::kFramesMax];
  const int found = backtrace(stack, AllocationLedger::kFramesMax);
  std::array<std::uintptr_t, AllocationLedger::kFramesMax> frames;
  const auto depth = static_cast<std::size_t>(found);
  for (std::size_t i = 0; i < depth; ++i) frames[i] = reinterpret_cast<std::uintptr_t>(stack[i]);
  while (ledger->locked.test_and_set()) {
  }
  auto* const end = ledger->sites.begin() + ledger->sites_used;
  auto* site = std::find_if(ledger->sites.begin(), end, [&](const AllocationLedger::Site& known) {
    return known.depth == depth &&
           std::equal(frames.begin(), frames.begin() + depth, known.frames.begin());
  });
  if (site == end && ledger->sites_used < AllocationLedger::kStacksMax) {
    ++ledger->sites_used;
    *site = {.allocations = 0, .bytes = 0, .depth = depth, .frames = frames};
  }
  if (site == ledger->sites.end()) {
    ++ledger->without_room;
  } else {
    ++site->allocations;
    site->bytes += bytes;
  }
  ledger->locked.clear();
}

void count(std::size_t bytes, const void* caller) {
  if (ledger == nullptr || recording || !ledger->counting) return;
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  if (address >= sqlite_begin && address < sqlite_end) {
    ++ledger->sqlite_allocations;
    ledger->sqlite_bytes += bytes;
    return;
  }
  recording = true;
  record_site(bytes);
  recording = false;
}

void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

extern "C" void* malloc(std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  return __libc_malloc(bytes);
}
extern "C" void* calloc(std::size_t number, std::size_t bytes) {
  count(number * bytes, __builtin_return_address(0));
  return __libc_calloc(number, bytes);
}
extern "C" void* realloc(void* memory, std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  return __libc_realloc(memory, bytes);
}
extern "C" void* memalign(std::size_t alignment, std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
extern "C" void free(void* memory) {
  __libc_free(memory);
}

// tcmalloc replaces these, too, and would hand out memory that free() above does not know.
void* operator new(std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  return checked(__libc_malloc(bytes));
}
void* operator new[](std::size_t bytes) {
  count(bytes, __builtin_return_address(0));
  return checked(__libc_malloc(bytes));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  count(bytes, __builtin_return_address(0));
  return __libc_malloc(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  count(bytes, __builtin_return_address(0));
  return __libc_malloc(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  count(bytes, __builtin_return_address(0));
  return checked(__libc_memalign(static_cast<std::size_t>(alignment), bytes));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  count(bytes, __builtin_return_address(0));
  return checked(__libc_memalign(static_cast<std::size_t>(alignment), bytes));
}
void operator delete(void* memory) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  __libc_free(memory);
}
