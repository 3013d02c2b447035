#pragma once

#include <cstddef>
#include <vector>

#include "base/byte_buffer.hpp"

namespace eventodb::subscription {

/// Buffers for events on their way to a socket. A subscription holds one only while it has
/// something to send, so an idle one costs none, and in a steady state none is allocated.
/// Belongs to one I/O thread.
class BufferPool {
 public:
  /// An empty buffer, used before if possible.
  base::ByteBuffer take();
  /// Keeps the memory for the next take() up to limits::kSpareEventBytesMax in all.
  void give_back(base::ByteBuffer buffer) noexcept;

  std::size_t spare_bytes() const { return spare_bytes_; }

 private:
  std::vector<base::ByteBuffer> spare_;
  std::size_t spare_bytes_ = 0;
};

}  // namespace eventodb::subscription
