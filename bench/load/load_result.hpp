#pragma once

#include <cstdint>
#include <string>

#include "load/latency_histogram.hpp"

namespace eventodb::load {

/// What a run measured.
struct LoadResult {
  std::uint64_t writes = 0;    ///< answered with 2xx
  std::uint64_t reads = 0;     ///< answered with 2xx
  std::uint64_t messages = 0;  ///< written by those writes
  /// Other answers, requests that were never answered, attempts to connect that failed.
  std::uint64_t errors = 0;
  std::uint64_t not_sent = 0;  ///< with a rate: due in time, but every connection was busy
  double seconds = 0;          ///< from the first request to the last answer
  std::string first_error;
  LatencyHistogram latency;  ///< of what writes and reads count

  std::uint64_t total() const { return writes + reads; }
  double per_second() const { return per_second(total()); }
  double messages_per_second() const { return per_second(messages); }

 private:
  double per_second(std::uint64_t count) const {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
  }
};

}  // namespace eventodb::load
