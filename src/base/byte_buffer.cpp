#include "base/byte_buffer.hpp"

#include <algorithm>

namespace eventodb::base {

void ByteBuffer::grow(std::size_t wanted) {
  const std::size_t capacity = std::max({wanted, capacity_ * 2, std::size_t{512}});
  void* data = std::realloc(data_, capacity + kPadding);
  if (data == nullptr) throw std::bad_alloc();
  data_ = static_cast<char*>(data);
  std::memset(data_ + capacity, 0, kPadding);
  capacity_ = capacity;
}

}  // namespace eventodb::base
