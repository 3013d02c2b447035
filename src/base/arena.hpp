#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/memory_figures.hpp"

namespace eventodb::base {

/// Memory for one request: allocate by bumping a pointer, free everything at once with reset().
/// The first block is kept between requests, so a steady state never reaches malloc. What exceeds
/// it comes in further, larger blocks; reset() gives them back, but keeps the last one in place of
/// the first if it is no larger than `kept_bytes_max`. Not thread-safe; destructors are not run.
class Arena {
 public:
  explicit Arena(std::size_t first_block_bytes = 8 * 1024, std::size_t kept_bytes_max = 64 * 1024);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Never null. `alignment` is a power of two.
  void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
    const auto at = (reinterpret_cast<std::uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    if (at + bytes > reinterpret_cast<std::uintptr_t>(end_)) {
      return allocate_block(bytes, alignment);
    }
    next_ = reinterpret_cast<std::byte*>(at + bytes);
    return reinterpret_cast<void*>(at);
  }

  char* allocate_chars(std::size_t bytes) { return static_cast<char*>(allocate(bytes, 1)); }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = allocate_chars(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  /// Frees everything; views into the arena end here.
  void reset() {
    count_memory_use(MemoryKind::kArenas, extra_.empty());
    if (!extra_.empty()) replace_blocks();
    next_ = first_.get();
    end_ = next_ + first_bytes_;
  }

  /// Bytes held beyond the first block; for tests and statistics.
  std::size_t extra_blocks() const { return extra_.size(); }

 private:
  void* allocate_block(std::size_t bytes, std::size_t alignment);
  void replace_blocks();

  std::size_t first_bytes_;
  std::size_t kept_bytes_max_;
  std::unique_ptr<std::byte[]> first_;
  std::byte* next_;
  std::byte* end_;
  std::vector<std::unique_ptr<std::byte[]>> extra_;
  std::size_t extra_bytes_ = 0;
};

/// Standard allocator over an Arena; deallocate does nothing.
template <class T>
class ArenaAllocator {
 public:
  using value_type = T;
  explicit ArenaAllocator(Arena& arena) noexcept : arena_(&arena) {}
  template <class U>
  ArenaAllocator(const ArenaAllocator<U>& other) noexcept : arena_(&other.arena()) {}

  T* allocate(std::size_t n) {
    return static_cast<T*>(arena_->allocate(n * sizeof(T), alignof(T)));
  }
  void deallocate(T*, std::size_t) noexcept {}
  Arena& arena() const noexcept { return *arena_; }

  template <class U>
  friend bool operator==(const ArenaAllocator& a, const ArenaAllocator<U>& b) noexcept {
    return &a.arena() == &b.arena();
  }

 private:
  Arena* arena_;
};

}  // namespace eventodb::base
