#include "rpc/read_options.hpp"

#include <string>
#include <utility>

#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

constexpr std::int64_t kUnlimited = -1;

Result<std::int64_t> batch_size_of(const JsonValue& value) {
  auto size = integer_option(value, "batchSize");
  if (!size) return std::move(size).error();
  const std::int64_t wanted = size->value_or(0);
  if (wanted == 0) return limits::kBatchSizeDefault;
  if (wanted < kUnlimited || wanted > limits::kBatchSizeMax) {
    return invalid_request("batchSize must be -1 (no limit) or 0 to " +
                           std::to_string(limits::kBatchSizeMax));
  }
  return wanted;
}

}  // namespace

Result<ReadRange> read_range(const JsonValue& position, const JsonValue& global_position,
                             const JsonValue& batch_size) {
  auto from = integer_option(position, "position");
  if (!from) return std::move(from).error();
  auto from_global = integer_option(global_position, "globalPosition");
  if (!from_global) return std::move(from_global).error();
  auto remaining = batch_size_of(batch_size);
  if (!remaining) return std::move(remaining).error();
  return ReadRange{*from, *from_global, *remaining};
}

}  // namespace eventodb::rpc
