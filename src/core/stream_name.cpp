#include "eventodb/stream_name.hpp"

#include "base/digest.hpp"

namespace eventodb {

std::string_view category_of(std::string_view stream_name) {
  return stream_name.substr(0, stream_name.find('-'));
}

std::optional<std::string_view> id_of(std::string_view stream_name) {
  const auto dash = stream_name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  return stream_name.substr(dash + 1);
}

std::optional<std::string_view> cardinal_id_of(std::string_view stream_name) {
  const auto id = id_of(stream_name);
  if (!id) return std::nullopt;
  return id->substr(0, id->find('+'));
}

std::optional<std::uint64_t> group_hash_of(std::string_view stream_name) {
  const auto cardinal = cardinal_id_of(stream_name);
  if (!cardinal) return std::nullopt;
  const std::uint64_t prefix = base::md5_prefix(*cardinal);
  // The magnitude of the two's complement number; unsigned negation is right for -2^63 too.
  const bool negative = (prefix >> 63) != 0;
  return negative ? ~prefix + 1 : prefix;
}

}  // namespace eventodb
