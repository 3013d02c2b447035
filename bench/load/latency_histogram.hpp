#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace eventodb::load {

/// Counts of durations in log-linear buckets: exact below 128 ns, within 1/128 (0.8 %) above, for
/// any 64-bit value and in constant memory. Recording is a few instructions. Not thread-safe.
class LatencyHistogram {
 public:
  /// Negative durations count as 0.
  void record(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
    ++counts_[bucket_of(value)];
    ++count_;
    sum_ += value;
    max_ = std::max(max_, value);
  }

  std::uint64_t count() const { return count_; }
  double mean_ns() const;
  std::int64_t max_ns() const { return static_cast<std::int64_t>(max_); }

  /// The duration that `percent` of the recorded ones do not exceed (the top of its bucket, at
  /// most max_ns()); 0 when nothing was recorded. REQUIRES: 0 < percent <= 100.
  std::int64_t percentile_ns(double percent) const;

  void clear() { *this = LatencyHistogram(); }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr std::uint64_t kSubBuckets = 1u << kSubBits;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) * kSubBuckets;

  // Values below kSubBuckets index directly; above, the leading bit selects a group and the next
  // kSubBits bits the bucket in it.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSubBuckets) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    return ((shift + 1) << kSubBits) + ((value >> shift) - kSubBuckets);
  }
  static std::uint64_t top_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace eventodb::load
