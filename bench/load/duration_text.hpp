#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace eventodb::load {

/// Reads a duration as Go writes it ("10s", "500ms", "1m30s", "1.5h"; units h m s ms us ns) or as
/// plain seconds ("10", "0.5"). nullopt for anything else: signs, unknown units, nothing at all,
/// and durations above a year.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace eventodb::load
