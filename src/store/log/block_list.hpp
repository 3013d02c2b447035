#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "store/log/ref.hpp"

namespace eventodb::store {

struct Record;

/// The memory of a message log: blocks of contiguous records, appended to at the back and freed
/// from the front. Records never move. Not thread-safe.
class BlockList {
 public:
  BlockList();
  ~BlockList();
  BlockList(const BlockList&) = delete;
  BlockList& operator=(const BlockList&) = delete;

  /// Makes room for a record of this size, a multiple of 8, at the back; returns where it will be.
  /// Throws std::bad_alloc, with nothing changed. Without take() nothing was appended.
  Record* reserve(std::size_t bytes);
  /// Appends the record reserve() made room for, whose fields are set by now; returns its ref.
  Ref take() noexcept;

  /// REQUIRES: `ref` is held.
  Record& at(Ref ref) const {
    return *reinterpret_cast<Record*>(slot_of(ref).memory + (ref & kOffsetMask));
  }
  bool holds(Ref ref) const { return ref >= first_; }
  /// Oldest and newest record, kNoRef when empty.
  Ref first() const { return first_; }
  Ref last() const { return last_; }
  /// The record after this one, kNoRef when it is the newest.
  Ref next(Ref ref) const;
  /// The oldest record at or above a global position, kNoRef when there is none.
  Ref find(std::int64_t global_position) const;

  /// Forgets the oldest record. REQUIRES: there is one.
  void drop_first() noexcept;

  std::size_t bytes() const;

 private:
  // A ref is the number of a block and the record's offset in it.
  static constexpr unsigned kOffsetBits = 18;
  static constexpr Ref kOffsetMask = (Ref{1} << kOffsetBits) - 1;
  static constexpr std::size_t kBlockBytesMin = 4 * 1024;
  static constexpr std::size_t kBlockBytesMax = std::size_t{1} << kOffsetBits;
  // Every so many bytes a block notes where the next record starts, for the binary search.
  static constexpr std::size_t kMarkBytes = 4 * 1024;
  // Blocks that were dropped and wait to be used again, so that a log that is appended to and
  // dropped from at the same rate does not go through the allocator.
  static constexpr std::size_t kSparesMax = 4;
  // What an empty log may keep; there may be thousands of them.
  static constexpr std::size_t kIdleBlockBytesMax = 64 * 1024;

  struct Block {
    char* memory = nullptr;  // marks (offsets, 32 bits each), then records
    std::int64_t first_global = 0;
    std::uint32_t capacity = 0;  // of a block for one large record: its size
    std::uint32_t used = 0;
    std::uint32_t marks = 0;
  };

  static std::size_t mark_bytes(std::size_t capacity);

  Block& slot(std::uint64_t number) const { return ring_[number & (ring_capacity_ - 1)]; }
  Block& slot_of(Ref ref) const { return slot(ref >> kOffsetBits); }
  static const Record& record_in(const Block& block, std::uint32_t offset) {
    return *reinterpret_cast<const Record*>(block.memory + offset);
  }
  static std::uint32_t mark(const Block& block, std::uint32_t index);
  bool fits_last_block(std::size_t bytes) const;
  void add_block(std::size_t record_bytes);
  void grow_ring();
  void release(Block& block) noexcept;
  void reset_when_empty() noexcept;
  std::uint32_t find_in(const Block& block, std::int64_t global_position) const;

  std::unique_ptr<Block[]> ring_;  // block n stands at n modulo its capacity
  std::size_t ring_capacity_ = 0;  // a power of two
  std::uint64_t first_block_ = 1;  // blocks first_block_ .. next_block_ - 1 exist
  std::uint64_t next_block_ = 1;
  std::size_t next_capacity_ = kBlockBytesMin;  // doubles from block to block
  Ref first_ = kNoRef;
  Ref last_ = kNoRef;
  std::vector<char*> spares_;  // each kBlockBytesMax
  std::size_t block_bytes_ = 0;
};

}  // namespace eventodb::store
