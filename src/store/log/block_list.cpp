#include "store/log/block_list.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.hpp"
#include "base/memory_figures.hpp"
#include "store/log/record.hpp"

namespace eventodb::store {

namespace {

void hold_block(int count, std::size_t bytes) {
  base::hold_memory(base::MemoryKind::kMessageBlocks, count,
                    count * static_cast<std::int64_t>(bytes));
}

}  // namespace

BlockList::BlockList() {
  spares_.reserve(kSparesMax);
}

BlockList::~BlockList() {
  while (first_block_ != next_block_) release(slot(first_block_++));
  for (char* spare : spares_) {
    ::operator delete(spare);
    hold_block(-1, kBlockBytesMax);
  }
}

/// Bytes at the start of a block for its marks. A block above the usual size has one record only.
std::size_t BlockList::mark_bytes(std::size_t capacity) {
  if (capacity > kBlockBytesMax) return 8;
  return std::max<std::size_t>(capacity / kMarkBytes * sizeof(std::uint32_t), 8);
}

std::uint32_t BlockList::mark(const Block& block, std::uint32_t index) {
  std::uint32_t offset;
  std::memcpy(&offset, block.memory + index * sizeof(offset), sizeof(offset));
  return offset;
}

bool BlockList::fits_last_block(std::size_t bytes) const {
  if (first_block_ == next_block_) return false;
  const Block& back = slot(next_block_ - 1);
  return back.capacity - back.used >= bytes;
}

void BlockList::grow_ring() {
  const std::size_t capacity = ring_capacity_ == 0 ? 4 : ring_capacity_ * 2;
  auto ring = std::make_unique<Block[]>(capacity);
  for (auto n = first_block_; n != next_block_; ++n) ring[n & (capacity - 1)] = slot(n);
  ring_ = std::move(ring);
  ring_capacity_ = capacity;
}

void BlockList::add_block(std::size_t record_bytes) {
  if (next_block_ - first_block_ == ring_capacity_) grow_ring();
  std::size_t capacity = record_bytes + mark_bytes(kBlockBytesMax);
  if (capacity > kBlockBytesMax) {
    capacity = record_bytes + mark_bytes(kBlockBytesMax + 1);
    capacity = std::max(capacity, kBlockBytesMax + 1);
  } else {
    capacity = std::max(next_capacity_, std::bit_ceil(capacity));
  }
  Block block;
  const bool kept = capacity == kBlockBytesMax && !spares_.empty();
  if (kept) {
    block.memory = spares_.back();
    spares_.pop_back();
  } else {
    block.memory = static_cast<char*>(::operator new(capacity));
    block_bytes_ += capacity;
    hold_block(1, capacity);
  }
  base::count_memory_use(base::MemoryKind::kMessageBlocks, kept);
  block.capacity = static_cast<std::uint32_t>(capacity);
  block.used = static_cast<std::uint32_t>(mark_bytes(capacity));
  slot(next_block_++) = block;
  next_capacity_ = std::min(std::max(next_capacity_, capacity) * 2, kBlockBytesMax);
}

void BlockList::release(Block& block) noexcept {
  if (block.capacity == kBlockBytesMax && spares_.size() < kSparesMax) {
    spares_.push_back(block.memory);  // capacity was reserved
  } else {
    block_bytes_ -= block.capacity;
    ::operator delete(block.memory);
    hold_block(-1, block.capacity);
  }
  block = {};
}

Record* BlockList::reserve(std::size_t bytes) {
  if (!fits_last_block(bytes)) {
    // An append that failed may have left a block nobody took.
    if (first_block_ != next_block_ && slot(next_block_ - 1).marks == 0) {
      release(slot(--next_block_));
    }
    add_block(bytes);
  }
  const Block& back = slot(next_block_ - 1);
  return reinterpret_cast<Record*>(back.memory + back.used);
}

Ref BlockList::take() noexcept {
  Block& back = slot(next_block_ - 1);
  const std::uint32_t offset = back.used;
  const Record& record = record_in(back, offset);
  if (back.marks == 0) back.first_global = record.global_position;
  if (back.marks == 0 || offset / kMarkBytes > mark(back, back.marks - 1) / kMarkBytes) {
    std::memcpy(back.memory + back.marks * sizeof(offset), &offset, sizeof(offset));
    ++back.marks;
  }
  back.used += record.bytes;
  last_ = (next_block_ - 1) << kOffsetBits | offset;
  if (first_ == kNoRef) first_ = last_;
  return last_;
}

Ref BlockList::next(Ref ref) const {
  if (ref == last_) return kNoRef;
  const Block& block = slot_of(ref);
  const auto offset = static_cast<std::uint32_t>(ref & kOffsetMask);
  const std::uint32_t behind = offset + record_in(block, offset).bytes;
  if (behind < block.used) return ref - offset + behind;
  const std::uint64_t number = (ref >> kOffsetBits) + 1;
  return number << kOffsetBits | mark(slot(number), 0);
}

/// The newest record of the block that is at or below the position, by its marks; or a little
/// older.
std::uint32_t BlockList::find_in(const Block& block, std::int64_t global_position) const {
  std::uint32_t low = 0;  // its record is at or below
  std::uint32_t high = block.marks;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    const bool above = record_in(block, mark(block, middle)).global_position > global_position;
    (above ? high : low) = middle;
  }
  return mark(block, low);
}

Ref BlockList::find(std::int64_t global_position) const {
  if (last_ == kNoRef || at(last_).global_position < global_position) return kNoRef;
  if (at(first_).global_position >= global_position) return first_;
  std::uint64_t low = first_block_;  // its first record is below: the first one held is
  std::uint64_t high = (last_ >> kOffsetBits) + 1;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (slot(middle).first_global > global_position ? high : low) = middle;
  }
  Ref ref = low << kOffsetBits | find_in(slot(low), global_position);
  while (at(ref).global_position < global_position) ref = next(ref);
  return ref;
}

void BlockList::drop_first() noexcept {
  EVENTODB_CHECK(first_ != kNoRef);
  const Ref following = next(first_);
  if (following == kNoRef) {
    first_ = last_ = kNoRef;
    reset_when_empty();
    return;
  }
  if (following >> kOffsetBits != first_ >> kOffsetBits) release(slot(first_block_++));
  first_ = following;
}

/// An empty log keeps one small block at most, under a new number as its refs must not come again.
void BlockList::reset_when_empty() noexcept {
  next_capacity_ = kBlockBytesMin;
  if (next_block_ - first_block_ == 1 && slot(first_block_).capacity <= kIdleBlockBytesMax) {
    Block kept = slot(first_block_);
    kept.used = static_cast<std::uint32_t>(mark_bytes(kept.capacity));
    kept.marks = 0;
    first_block_ = next_block_;
    slot(next_block_++) = kept;
    next_capacity_ = std::size_t{2} * kept.capacity;
    return;
  }
  while (first_block_ != next_block_) release(slot(first_block_++));
  while (!spares_.empty()) {
    block_bytes_ -= kBlockBytesMax;
    ::operator delete(spares_.back());
    hold_block(-1, kBlockBytesMax);
    spares_.pop_back();
  }
}

std::size_t BlockList::bytes() const {
  return block_bytes_ + ring_capacity_ * sizeof(Block);
}

}  // namespace eventodb::store
