#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/timestamp.hpp"

namespace eventodb::base {

/// Longest text format_rfc3339 writes: "-292277-01-01T00:00:00.123456Z" leaves room to spare.
inline constexpr std::size_t kRfc3339BytesMax = 40;

/// Microseconds since the epoch by the system clock.
Timestamp wall_clock_now();

/// Writes UTC with suffix Z, up to six fraction digits without trailing zeros, none when zero;
/// returns the number of characters. `to` has kRfc3339BytesMax.
std::size_t format_rfc3339(Timestamp time, char* to);

/// Reads RFC 3339 with any offset and any number of fraction digits (beyond six are cut).
/// nullopt for anything else, impossible dates included.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace eventodb::base
