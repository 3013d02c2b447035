#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace eventodb {

// The parts of a stream name, as views into it: "account-123+456" is category "account",
// id "123+456", cardinal id "123". Only the first '-' and the first '+' of the id have meaning.

/// Text before the first '-', or the whole name.
std::string_view category_of(std::string_view stream_name);

/// Text after the first '-'; nullopt when there is no '-'. May be empty ("account-").
std::optional<std::string_view> id_of(std::string_view stream_name);

/// The id up to its first '+'; nullopt when the name has no '-'. May be empty.
std::optional<std::string_view> cardinal_id_of(std::string_view stream_name);

/// One member of a consumer group. REQUIRES: 0 <= member < size.
struct ConsumerGroup {
  std::int64_t member = 0;
  std::int64_t size = 1;
};

/// What a consumer group divides by: |first 8 bytes of MD5(cardinal id) as a signed number|, as
/// unsigned (2^63 for the smallest). nullopt when the name has no '-': such a stream belongs to no
/// member. (protocol 3.7; the same hash as Message DB's.)
std::optional<std::uint64_t> group_hash_of(std::string_view stream_name);

/// Whether `group.member` is the member that reads a stream with this hash.
inline bool is_member(std::optional<std::uint64_t> group_hash, ConsumerGroup group) {
  return group_hash && *group_hash % static_cast<std::uint64_t>(group.size) ==
                           static_cast<std::uint64_t>(group.member);
}

}  // namespace eventodb
