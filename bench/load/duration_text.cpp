#include "load/duration_text.hpp"

#include <array>
#include <charconv>

namespace eventodb::load {
namespace {

struct Unit {
  std::string_view name;
  double ns;
};

// Longer names first where one begins another ("ms" before "m").
constexpr std::array kUnits{Unit{"ms", 1e6},   Unit{"us", 1e3}, Unit{"µs", 1e3}, Unit{"ns", 1},
                            Unit{"h", 3600e9}, Unit{"m", 60e9}, Unit{"s", 1e9}};
constexpr double kLongestNs = 366.0 * 24 * 3600e9;

/// Takes an unsigned decimal number off the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value <= kLongestNs)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double total_ns = 0;
  bool plain_allowed = true;
  do {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    double unit_ns = 0;
    for (const Unit& unit : kUnits) {
      if (!text.starts_with(unit.name)) continue;
      text.remove_prefix(unit.name.size());
      unit_ns = unit.ns;
      break;
    }
    if (unit_ns == 0) {
      if (!plain_allowed || !text.empty()) return std::nullopt;
      unit_ns = 1e9;
    }
    plain_allowed = false;
    total_ns += *number * unit_ns;
  } while (!text.empty());
  if (total_ns > kLongestNs) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total_ns));
}

}  // namespace eventodb::load
