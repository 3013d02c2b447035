#pragma once

#include <cstdint>
#include <optional>

#include "rpc/arguments.hpp"

namespace eventodb::rpc {

/// The options stream.get and category.get share.
struct ReadRange {
  std::optional<std::int64_t> position;
  std::optional<std::int64_t> global_position;
  std::int64_t remaining = 0;  ///< as the cursors of the store take it: negative is no limit
};

/// Checks the three in this order (protocol 3.3, 3.6).
Result<ReadRange> read_range(const JsonValue& position, const JsonValue& global_position,
                             const JsonValue& batch_size);

}  // namespace eventodb::rpc
