#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "base/memory_figures.hpp"

namespace eventodb::base {

/// A growing run of bytes that is reused from request to request: clear() keeps the memory,
/// shrink_above() gives it back after a giant. Always has kPadding readable bytes behind its end,
/// as simdjson wants. Not thread-safe. Throws std::bad_alloc.
class ByteBuffer {
 public:
  static constexpr std::size_t kPadding = 64;

  ByteBuffer() = default;
  explicit ByteBuffer(std::size_t capacity) { reserve(capacity); }
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ByteBuffer() {
    if (data_ != nullptr) release();
  }

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_, size_}; }
  void clear() {
    if (size_ != 0) count_memory_use(MemoryKind::kByteBuffers, true);
    size_ = 0;
  }

  /// Makes room for `capacity` bytes in all.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char byte) {
    *prepare(1) = byte;
    ++size_;
  }

  /// Room for `bytes` more at the end, to be taken by commit(). Valid until the next call.
  char* prepare(std::size_t bytes) {
    if (size_ + bytes > capacity_) grow(size_ + bytes);
    return data_ + size_;
  }
  /// REQUIRES: bytes <= what was prepared.
  void commit(std::size_t bytes) { size_ += bytes; }
  /// REQUIRES: size <= size().
  void truncate(std::size_t size) { size_ = size; }

  /// Drops the first `bytes`, moving the rest to the front. REQUIRES: bytes <= size().
  void consume(std::size_t bytes) {
    size_ -= bytes;
    if (size_ != 0) std::memmove(data_, data_ + bytes, size_);
  }

  /// Gives the memory back if it is larger than `kept` and the content is empty.
  void shrink_above(std::size_t kept) {
    if (capacity_ > kept && size_ == 0) ByteBuffer().swap(*this);
  }

  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow(std::size_t wanted);
  void release();

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // without the padding
};

}  // namespace eventodb::base
