#include "load/latency_histogram.hpp"

#include <cmath>

namespace eventodb::load {

double LatencyHistogram::mean_ns() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t LatencyHistogram::top_of(std::size_t bucket) {
  const std::size_t group = bucket >> kSubBits;
  if (group == 0) return bucket;
  const std::uint64_t sub = (bucket & (kSubBuckets - 1)) + kSubBuckets;
  return (sub << (group - 1)) + ((std::uint64_t{1} << (group - 1)) - 1);
}

std::int64_t LatencyHistogram::percentile_ns(double percent) const {
  if (count_ == 0) return 0;
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) return static_cast<std::int64_t>(std::min(top_of(bucket), max_));
  }
  return static_cast<std::int64_t>(max_);
}

}  // namespace eventodb::load
