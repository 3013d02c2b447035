#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace eventodb::base {

/// Lower-case hex SHA-256.
std::array<char, 64> sha256_hex(std::string_view bytes);

/// First 8 bytes of the MD5 as a big-endian number (protocol 3.7; not for security).
std::uint64_t md5_prefix(std::string_view bytes);

/// Whether two texts are equal, in time that depends on their lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

/// `count` bytes from the system's random source as lower-case hex, appended to nothing else.
/// Throws std::runtime_error when the source fails.
std::array<char, 64> random_hex_32_bytes();

}  // namespace eventodb::base
