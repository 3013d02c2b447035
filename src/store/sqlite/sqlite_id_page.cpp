#include "store/sqlite/sqlite_id_page.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "store/sqlite/row_checksum.hpp"

namespace eventodb::store::sqlite {
namespace {

static_assert(std::endian::native == std::endian::little, "pages hold words as they lie");

std::uint64_t big_endian(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return __builtin_bswap64(word);
}

}  // namespace

IdKey IdKey::of(const MessageId& id) {
  return {big_endian(id.bytes.data()), big_endian(id.bytes.data() + 8)};
}

void encode_id_page(std::span<const IdPlace> places, std::uint64_t seed, std::string& bytes) {
  const std::string_view content(reinterpret_cast<const char*>(places.data()), places.size_bytes());
  const std::uint64_t checksum = bytes_checksum(content, seed);
  bytes.assign(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  bytes.append(content);
}

bool decode_id_page(std::string_view bytes, std::uint64_t seed, std::vector<IdPlace>& places) {
  std::uint64_t checksum = 0;
  if (bytes.size() <= sizeof(checksum)) return false;
  std::memcpy(&checksum, bytes.data(), sizeof(checksum));
  bytes.remove_prefix(sizeof(checksum));
  if (bytes.size() % sizeof(IdPlace) != 0 || bytes_checksum(bytes, seed) != checksum) return false;
  places.resize(bytes.size() / sizeof(IdPlace));
  std::memcpy(places.data(), bytes.data(), bytes.size());
  return true;
}

std::size_t find_place(std::span<const IdPlace> places, const IdKey& id) {
  const auto behind =
      std::upper_bound(places.begin(), places.end(), id,
                       [](const IdKey& key, const IdPlace& place) { return key < place.id; });
  return behind == places.begin() ? 0 : static_cast<std::size_t>(behind - places.begin()) - 1;
}

}  // namespace eventodb::store::sqlite
