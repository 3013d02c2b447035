#include "base/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace eventodb::base {

Arena::Arena(std::size_t first_block_bytes, std::size_t kept_bytes_max)
    : first_bytes_(first_block_bytes),
      kept_bytes_max_(kept_bytes_max),
      first_(new std::byte[first_block_bytes]),
      next_(first_.get()),
      end_(next_ + first_block_bytes) {
  hold_memory(MemoryKind::kArenas, 1, static_cast<std::int64_t>(first_bytes_));
}

Arena::~Arena() {
  hold_memory(MemoryKind::kArenas, -1, -static_cast<std::int64_t>(first_bytes_ + extra_bytes_));
}

void Arena::replace_blocks() {
  const auto last_bytes = static_cast<std::size_t>(end_ - extra_.back().get());
  auto given_back = static_cast<std::int64_t>(extra_bytes_);
  if (last_bytes > first_bytes_ && last_bytes <= kept_bytes_max_) {
    given_back -= static_cast<std::int64_t>(last_bytes - first_bytes_);
    first_ = std::move(extra_.back());
    first_bytes_ = last_bytes;
  }
  extra_.clear();
  extra_bytes_ = 0;
  hold_memory(MemoryKind::kArenas, 0, -given_back);
}

void* Arena::allocate_block(std::size_t bytes, std::size_t alignment) {
  const std::size_t size = std::max(bytes + alignment, 2 * first_bytes_);
  extra_.emplace_back(new std::byte[size]);
  next_ = extra_.back().get();
  end_ = next_ + size;
  extra_bytes_ += size;
  hold_memory(MemoryKind::kArenas, 0, static_cast<std::int64_t>(size));
  return allocate(bytes, alignment);
}

}  // namespace eventodb::base
