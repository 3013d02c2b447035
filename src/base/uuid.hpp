#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eventodb::base {

/// A UUID as its 16 bytes in text order, so that comparing bytes compares the canonical texts.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

inline constexpr std::size_t kUuidTextBytes = 36;

/// A version 7 UUID (RFC 9562): milliseconds, then a counter within the process, then random bits.
/// Ids made by one process sort in the order of the calls, across threads. Seeded once.
Uuid make_uuid_v7();

/// Reads the 8-4-4-4-12 form in either case; nullopt for anything else.
std::optional<Uuid> parse_uuid(std::string_view text);

/// Writes the 36 characters of the lower-case form to `to`.
void format_uuid(const Uuid& id, char* to);

}  // namespace eventodb::base
