#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/prefetch.hpp"

namespace eventodb::store {

/// From 64-bit hashes to numbers, by open addressing with linear probing. What a number stands for
/// is the user's business, who compares candidates. Growing and shrinking move a few slots per
/// operation, so that no single one stalls however large the table is. Not thread-safe.
class HashIndex {
 public:
  HashIndex() = default;
  ~HashIndex();
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  /// Makes sure that the next insert needs no memory. Throws std::bad_alloc, changing nothing.
  void reserve_one();

  /// Asks the processor for the memory an insert or find of `hash` will touch. Large tables miss
  /// every cache; called early, the wait overlaps with other work.
  void prefetch(std::uint64_t hash) const {
    if (current_.capacity != 0)
      base::prefetch_line(current_.slots + (hash & (current_.capacity - 1)));
  }

  /// REQUIRES: reserve_one() since the last insert, value > kDead.
  void insert(std::uint64_t hash, std::uint64_t value) noexcept;

  /// Removes the pair; false when it is not there.
  bool erase(std::uint64_t hash, std::uint64_t value) noexcept;

  /// The value under `hash` for which `matches(value)` holds, to read or replace; nullptr if none.
  /// The pointer ends with the next change of the index.
  template <class Matches>
  std::uint64_t* find(std::uint64_t hash, const Matches& matches) {
    Slot* found = find_in(current_, hash, matches);
    if (found == nullptr) found = find_in(previous_, hash, matches);
    return found == nullptr ? nullptr : &found->value;
  }
  template <class Matches>
  const std::uint64_t* find(std::uint64_t hash, const Matches& matches) const {
    return const_cast<HashIndex*>(this)->find(hash, matches);
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Table* table : {&current_, &previous_}) {
      for (std::size_t i = 0; i < table->capacity; ++i) {
        if (table->slots[i].value > kDead) visit(table->slots[i].value);
      }
    }
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return (current_.capacity + previous_.capacity) * sizeof(Slot); }

 private:
  static constexpr std::uint64_t kFree = 0;  // ends a probe
  static constexpr std::uint64_t kDead = 1;  // was removed or moved away; a probe goes on

  struct Slot {
    std::uint64_t hash;
    std::uint64_t value;
  };
  struct Table {
    Slot* slots = nullptr;
    std::size_t capacity = 0;  // a power of two, or 0
  };

  template <class Matches>
  static Slot* find_in(const Table& table, std::uint64_t hash, const Matches& matches) {
    if (table.capacity == 0) return nullptr;
    const std::size_t mask = table.capacity - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = table.slots[i];
      if (slot.value == kFree) return nullptr;
      if (slot.hash == hash && slot.value > kDead && matches(slot.value)) return &slot;
    }
  }

  static Table allocate(std::size_t capacity) noexcept;
  static void release(Table& table) noexcept;
  static void put(const Table& table, std::uint64_t hash, std::uint64_t value) noexcept;
  static void close_gap(const Table& table, std::size_t gap) noexcept;

  bool start_move(std::size_t capacity) noexcept;
  void move_some() noexcept;
  void shrink_if_sparse() noexcept;

  Table current_;
  Table previous_;         // being moved into current_; never inserted into
  std::size_t moved_ = 0;  // slots of previous_ below this one are dead
  std::size_t size_ = 0;
  std::size_t sparse_erasures_ = 0;  // since the table was last an eighth full
};

}  // namespace eventodb::store
