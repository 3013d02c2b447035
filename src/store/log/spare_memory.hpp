#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>

namespace eventodb::store {

/// Memory of small objects that come and go: what was given back is handed out again to objects of
/// about the same size, so that the tail of a file store, which forgets its streams with every
/// index step, does not go through the allocator for each of them.
class SpareMemory {
 public:
  SpareMemory() = default;
  ~SpareMemory() {
    for (Spare*& first : spares_) {
      while (first != nullptr) ::operator delete(pop(first));
    }
  }
  SpareMemory(const SpareMemory&) = delete;
  SpareMemory& operator=(const SpareMemory&) = delete;

  /// At least `bytes`, to be given back, or to be freed by operator delete. Throws std::bad_alloc.
  void* take(std::size_t bytes) {
    const std::size_t steps = steps_of(bytes);
    if (steps > kStepsMax) return ::operator new(bytes);
    Spare*& first = spares_[steps - 1];
    if (first == nullptr) return ::operator new(steps* kStepBytes);
    bytes_ -= steps * kStepBytes;
    return pop(first);
  }

  /// What take(bytes) returned; kept unless there is enough.
  void give(void* memory, std::size_t bytes) noexcept {
    const std::size_t steps = steps_of(bytes);
    if (steps > kStepsMax || bytes_ + steps * kStepBytes > kBytesMax) {
      ::operator delete(memory);
      return;
    }
    Spare*& first = spares_[steps - 1];
    first = ::new (memory) Spare{first};
    bytes_ += steps * kStepBytes;
  }

  /// Held for the next use.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Spare {
    Spare* next;
  };

  static constexpr std::size_t kStepBytes = 64;
  static constexpr std::size_t kStepsMax = 8;
  // There may be thousands of logs.
  static constexpr std::size_t kBytesMax = 32 * 1024;

  static std::size_t steps_of(std::size_t bytes) {
    return std::max<std::size_t>((bytes + kStepBytes - 1) / kStepBytes, 1);
  }

  static void* pop(Spare*& first) {
    Spare* taken = first;
    first = taken->next;
    return taken;
  }

  std::array<Spare*, kStepsMax> spares_{};  // by size in steps
  std::size_t bytes_ = 0;
};

}  // namespace eventodb::store
