#pragma once

#include <cstdint>

namespace eventodb::store {

/// Names a record of a message log for good: refs grow with every append, are never used again, and
/// so tell by themselves whether a record is older than the oldest one held.
using Ref = std::uint64_t;
inline constexpr Ref kNoRef = 0;

}  // namespace eventodb::store
