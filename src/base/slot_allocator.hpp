#pragma once

#include <cstddef>

#include "base/check.hpp"

namespace eventodb::base {

/// Hands out one fixed piece of memory, for what Asio keeps of a handler; enough because at most
/// one handler uses it at a time.
template <class T>
class SlotAllocator {
 public:
  using value_type = T;
  SlotAllocator(std::byte* slot, std::size_t bytes) noexcept : slot_(slot), bytes_(bytes) {}
  template <class U>
  SlotAllocator(const SlotAllocator<U>& other) noexcept
      : slot_(other.slot()), bytes_(other.bytes()) {}

  T* allocate(std::size_t n) {
    EVENTODB_CHECK(n * sizeof(T) <= bytes_);
    return reinterpret_cast<T*>(slot_);
  }
  void deallocate(T*, std::size_t) noexcept {}
  std::byte* slot() const noexcept { return slot_; }
  std::size_t bytes() const noexcept { return bytes_; }

  template <class U>
  friend bool operator==(const SlotAllocator& a, const SlotAllocator<U>& b) noexcept {
    return a.slot() == b.slot();
  }

 private:
  std::byte* slot_;
  std::size_t bytes_;
};

}  // namespace eventodb::base
