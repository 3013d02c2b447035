#pragma once

#include <compare>
#include <cstdint>

namespace eventodb::base {

/// Microseconds since 1970-01-01T00:00:00Z; negative before it (imports only).
struct Timestamp {
  std::int64_t us = 0;
  friend auto operator<=>(Timestamp, Timestamp) = default;
};

}  // namespace eventodb::base
