#pragma once

#include <cstdint>
#include <string_view>

#include "eventodb/message.hpp"

namespace eventodb::store::sqlite {

/// What binds the checksums of a log to that log.
std::uint64_t checksum_seed(std::string_view log_id);

/// A 64-bit checksum over bytes. Stored with them: the function never changes.
std::uint64_t bytes_checksum(std::string_view bytes, std::uint64_t seed);

/// A 64-bit checksum over everything a message row holds, so that a damaged page is an error and
/// never a wrong message. Stored with the row: the function never changes (docs/storage.md).
std::int64_t row_checksum(const MessageView& message, std::int64_t stream_id, std::uint64_t seed);

}  // namespace eventodb::store::sqlite
