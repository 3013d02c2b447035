#include "subscription/buffer_pool.hpp"

#include <new>
#include <utility>

#include "eventodb/limits.hpp"

namespace eventodb::subscription {

base::ByteBuffer BufferPool::take() {
  if (spare_.empty()) return {};
  base::ByteBuffer buffer = std::move(spare_.back());
  spare_.pop_back();
  spare_bytes_ -= buffer.capacity();
  return buffer;
}

void BufferPool::give_back(base::ByteBuffer buffer) noexcept {
  const std::size_t bytes = buffer.capacity();
  if (bytes == 0 || spare_bytes_ + bytes > limits::kSpareEventBytesMax) return;
  buffer.clear();
  try {
    spare_.push_back(std::move(buffer));
    spare_bytes_ += bytes;
  } catch (const std::bad_alloc&) {
    // Then it is not kept.
  }
}

}  // namespace eventodb::subscription
