#pragma once

#include <array>
#include <cstddef>

namespace eventodb::base {

/// Gives the system what a giant request left behind. The allocator keeps freed pages for the next
/// time, which a server at work wants and one at rest does not. So it is asked at regular times
/// what it has free, and gives up what nobody has needed since the last few times. Not thread-safe.
class IdleMemory {
 public:
  /// Looks this often make a while.
  static constexpr std::size_t kSamples = 5;
  /// Given back in one go at most, as far as it lies in pieces: the allocator waits meanwhile.
  static constexpr std::size_t kStepBytes = std::size_t{64} * 1024 * 1024;

  /// `kept_bytes`: free memory that always stays.
  explicit IdleMemory(std::size_t kept_bytes) : kept_bytes_(kept_bytes) {}

  /// Takes how much is free now; returns how much of it to give back.
  std::size_t sample(std::size_t free_bytes);
  /// sample() with the allocator's figure, and does it. Nothing where malloc is not tcmalloc.
  void give_back();

 private:
  const std::size_t kept_bytes_;
  std::array<std::size_t, kSamples> free_bytes_{};  // the last samples; 0: none yet
  std::size_t next_ = 0;
};

}  // namespace eventodb::base
