#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "eventodb/message.hpp"

namespace eventodb::store::sqlite {

/// A message id as two numbers, which sort as its bytes do.
struct IdKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static IdKey of(const MessageId& id);
  friend auto operator<=>(const IdKey&, const IdKey&) = default;
};

/// An id and where it leads: to the global position of its message, or to the page that begins
/// with it.
struct IdPlace {
  IdKey id;
  std::int64_t at = 0;
  friend bool operator==(const IdPlace&, const IdPlace&) = default;
};
static_assert(sizeof(IdPlace) == 24 && std::is_trivially_copyable_v<IdPlace>);

/// So many fit one page of the file: 8192 bytes less 35 of SQLite's page and 4 of its record.
inline constexpr std::size_t kIdPagePlacesMax = 339;

/// What is stored: a checksum of 8 bytes, then the places as they lie in memory. `seed` says which
/// page it is, so that no other can take its place.
void encode_id_page(std::span<const IdPlace> places, std::uint64_t seed, std::string& bytes);
/// False: that is not what encode_id_page() made with this seed.
bool decode_id_page(std::string_view bytes, std::uint64_t seed, std::vector<IdPlace>& places);

/// The last of these sorted places that does not lie behind `id`; the first when all do.
std::size_t find_place(std::span<const IdPlace> places, const IdKey& id);

}  // namespace eventodb::store::sqlite
