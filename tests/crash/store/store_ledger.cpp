#include "crash/store/store_ledger.hpp"

#include <sys/mman.h>

#include <charconv>
#include <cstdlib>
#include <new>

namespace eventodb::crash {

Ledger& Ledger::make() {
  void* memory = mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return *::new (memory) Ledger;
}

void Ledger::release(Ledger& ledger) {
  munmap(&ledger, sizeof(Ledger));
}

bool Ledger::claim(std::uint32_t count, std::uint32_t& first) {
  first = used_.load();
  do {
    if (first + count > kEntriesMax) return false;
  } while (!used_.compare_exchange_weak(first, first + count));
  return true;
}

void Ledger::clear() {
  for (std::uint32_t i = 0; i < used_; ++i) {
    entries_[i].~Entry();
    ::new (&entries_[i]) Entry;
  }
  used_ = 0;
}

std::string stream_name(std::int32_t stream) {
  return "cat" + std::to_string(stream % 3) + "-" + std::to_string(stream);
}

std::string data_of(std::uint32_t entry) {
  return "{\"n\":" + std::to_string(entry) + ",\"pad\":\"" +
         std::string(entry % 97 * (entry % 50 == 0 ? 200U : 3U),
                     static_cast<char>('a' + entry % 26)) +
         "\"}";
}

std::uint32_t entry_of(std::string_view data) {
  std::uint32_t entry = UINT32_MAX;
  if (!data.starts_with("{\"n\":")) return entry;
  std::from_chars(data.data() + 5, data.data() + data.size(), entry);
  return entry;
}

}  // namespace eventodb::crash
