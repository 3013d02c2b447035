#include "store/log/hash_index.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/check.hpp"

namespace eventodb::store {
namespace {

constexpr std::size_t kSlotsMin = 16;
// What one insert or erase moves on with: so many slots looked at, of which so many in use. Growth
// starts with the old table 3/4 full and is over long before the new one is: 8 in use are moved for
// one inserted. The larger number speeds through the emptiness of a table that shrinks.
constexpr std::size_t kMovedPerStep = 8;
constexpr std::size_t kScannedPerStep = 64;
// An empty index keeps a table up to this size, so that a log which empties often does not
// allocate.
constexpr std::size_t kIdleSlotsMax = 256;
// What the tail of a namespace under load needs: 1 MiB.
constexpr std::size_t kKeptSlotsMax = 64 * 1024;
// Larger tables come from the kernel, zeroed page by page at first use: clearing them at once
// would be the very stall that moving step by step avoids.
constexpr std::size_t kMappedBytesMin = 256 * 1024;

}  // namespace

HashIndex::~HashIndex() {
  release(current_);
  release(previous_);
}

HashIndex::Table HashIndex::allocate(std::size_t capacity) noexcept {
  const std::size_t bytes = capacity * sizeof(Slot);
  void* memory = nullptr;
  if (bytes >= kMappedBytesMin) {
    memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return {};
  } else {
    memory = std::calloc(capacity, sizeof(Slot));
    if (memory == nullptr) return {};
  }
  return {static_cast<Slot*>(memory), capacity};
}

void HashIndex::release(Table& table) noexcept {
  if (table.slots == nullptr) return;
  const std::size_t bytes = table.capacity * sizeof(Slot);
  if (bytes >= kMappedBytesMin) {
    ::munmap(table.slots, bytes);
  } else {
    std::free(table.slots);
  }
  table = {};
}

bool HashIndex::start_move(std::size_t capacity) noexcept {
  const Table wanted = allocate(capacity);
  if (wanted.slots == nullptr) return false;
  previous_ = std::exchange(current_, wanted);
  moved_ = 0;
  return true;
}

void HashIndex::reserve_one() {
  if (size_ + 1 <= current_.capacity / 4 * 3) return;
  while (previous_.slots != nullptr) move_some();
  const std::size_t capacity = current_.capacity == 0 ? kSlotsMin : current_.capacity * 2;
  if (!start_move(capacity)) throw std::bad_alloc();
}

void HashIndex::put(const Table& table, std::uint64_t hash, std::uint64_t value) noexcept {
  const std::size_t mask = table.capacity - 1;
  std::size_t i = hash & mask;
  while (table.slots[i].value != kFree) i = (i + 1) & mask;
  table.slots[i] = {hash, value};
}

void HashIndex::insert(std::uint64_t hash, std::uint64_t value) noexcept {
  EVENTODB_CHECK(value > kDead && size_ < current_.capacity);
  put(current_, hash, value);
  ++size_;
  move_some();
}

void HashIndex::move_some() noexcept {
  if (previous_.slots == nullptr) return;
  const std::size_t scanned = std::min(previous_.capacity, moved_ + kScannedPerStep);
  for (std::size_t in_use = 0; moved_ < scanned && in_use < kMovedPerStep; ++moved_) {
    Slot& slot = previous_.slots[moved_];
    if (slot.value <= kDead) continue;
    put(current_, slot.hash, slot.value);
    slot.value = kDead;  // probes for what lies behind it still pass through
    ++in_use;
  }
  if (moved_ >= previous_.capacity) return release(previous_);
  for (std::size_t i = moved_; i < std::min(previous_.capacity, moved_ + kMovedPerStep); ++i) {
    prefetch(previous_.slots[i].hash);  // for the next step
  }
}

/// Frees slot `gap`, moving back whatever probed past it, so that no dead slots remain.
void HashIndex::close_gap(const Table& table, std::size_t gap) noexcept {
  const std::size_t mask = table.capacity - 1;
  for (std::size_t i = (gap + 1) & mask; table.slots[i].value != kFree; i = (i + 1) & mask) {
    const std::size_t probed = (i - (table.slots[i].hash & mask)) & mask;
    if (probed < ((i - gap) & mask)) continue;  // its home lies behind the gap
    table.slots[gap] = table.slots[i];
    gap = i;
  }
  table.slots[gap].value = kFree;
}

bool HashIndex::erase(std::uint64_t hash, std::uint64_t value) noexcept {
  const auto is_it = [value](std::uint64_t candidate) { return candidate == value; };
  if (const Slot* found = find_in(current_, hash, is_it)) {
    close_gap(current_, static_cast<std::size_t>(found - current_.slots));
  } else if (Slot* old = find_in(previous_, hash, is_it)) {
    old->value = kDead;
  } else {
    return false;
  }
  --size_;
  move_some();
  shrink_if_sparse();
  return true;
}

/// Shrinks a table that is sparse; one of up to kKeptSlotsMax slots only when it stays so for as
/// many erasures as it has slots. One that fills and is drained again and again keeps its memory:
/// the kernel would hand it out anew page by page.
void HashIndex::shrink_if_sparse() noexcept {
  if (size_ == 0) {
    release(previous_);
    if (current_.capacity > kIdleSlotsMax) release(current_);
    sparse_erasures_ = 0;
  } else if (size_ >= current_.capacity / 8) {
    sparse_erasures_ = 0;
  } else if (++sparse_erasures_ < current_.capacity && current_.capacity <= kKeptSlotsMax) {
    return;
  } else if (previous_.slots == nullptr && current_.capacity > kIdleSlotsMax) {
    start_move(current_.capacity / 4);  // without memory it stays as large as it is
    sparse_erasures_ = 0;
  }
}

}  // namespace eventodb::store
