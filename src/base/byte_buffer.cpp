#include "base/byte_buffer.hpp"

#include <algorithm>

namespace eventodb::base {

void ByteBuffer::grow(std::size_t wanted) {
  const std::size_t capacity = std::max({wanted, capacity_ * 2, std::size_t{512}});
  void* data = std::realloc(data_, capacity + kPadding);
  if (data == nullptr) throw std::bad_alloc();
  data_ = static_cast<char*>(data);
  std::memset(data_ + capacity, 0, kPadding);
  hold_memory(MemoryKind::kByteBuffers, capacity_ == 0 ? 1 : 0,
              static_cast<std::int64_t>(capacity - capacity_));
  count_memory_use(MemoryKind::kByteBuffers, false);
  capacity_ = capacity;
}

void ByteBuffer::release() {
  std::free(data_);
  hold_memory(MemoryKind::kByteBuffers, -1, -static_cast<std::int64_t>(capacity_));
}

}  // namespace eventodb::base
