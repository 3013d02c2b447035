#include "store/sqlite/row_checksum.hpp"

#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace eventodb::store::sqlite {
namespace {

static_assert(std::endian::native == std::endian::little, "the checksum reads words as they lie");

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kOther = 0xd6e8feb86659fd93;

/// Multiplies to 128 bits and folds: every input bit reaches every output bit.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word(const char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, bytes);
  return value;
}

std::uint64_t add(std::uint64_t state, std::uint64_t value) {
  return fold(state ^ value ^ kOther, kMultiplier) + value;
}

/// 16 bytes a step; the rest padded with zeros, told apart by the length.
std::uint64_t add(std::uint64_t state, std::string_view text) {
  state = add(state, text.size());
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 16; at += 16, left -= 16) {
    state = fold(state ^ word(at, 8) ^ kOther, word(at + 8, 8) ^ kMultiplier) + state;
  }
  if (left == 0) return state;
  const std::size_t first = left < 8 ? left : 8;
  return fold(state ^ word(at, first) ^ kOther, word(at + first, left - first) ^ kMultiplier) +
         state;
}

}  // namespace

std::uint64_t checksum_seed(std::string_view log_id) {
  return add(kOther, log_id);
}

std::uint64_t bytes_checksum(std::string_view bytes, std::uint64_t seed) {
  return add(seed, bytes);
}

std::int64_t row_checksum(const MessageView& message, std::int64_t stream_id, std::uint64_t seed) {
  std::uint64_t state = add(seed, static_cast<std::uint64_t>(message.global_position.value));
  state = add(state, static_cast<std::uint64_t>(stream_id));
  state = add(state, static_cast<std::uint64_t>(message.position.value));
  state = add(state, static_cast<std::uint64_t>(message.time.us));
  state = add(state, {reinterpret_cast<const char*>(message.id.bytes.data()), 16});
  state = add(state, message.stream);
  state = add(state, message.type);
  state = add(state, message.data);
  state = add(state, message.metadata);
  return static_cast<std::int64_t>(state);
}

}  // namespace eventodb::store::sqlite
