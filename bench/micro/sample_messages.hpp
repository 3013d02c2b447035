#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.hpp"
#include "eventodb/message.hpp"

namespace eventodb::bench {

/// Data of about `bytes`: a few fields of different kinds and one long text.
inline std::string sample_data(std::size_t bytes) {
  const std::string fields =
      R"({"accountId":"8c9b7f0e-53c6-4f6a-9d55-3f2b6cf0a7d1","amount":129.95,"currency":"EUR",)"
      R"("items":[{"sku":"A-1","count":2},{"sku":"B-7","count":1}],"express":true,"note":")";
  const std::size_t text = bytes > fields.size() + 2 ? bytes - fields.size() - 2 : 1;
  return fields + std::string(text, 'x') + "\"}";
}

inline constexpr std::string_view kSampleMetadata =
    R"({"correlationStreamName":"order-42","causedBy":"checkout"})";

/// Messages of one stream, positions 0, 1, 2 ...; the views point into `data`.
inline std::vector<MessageView> sample_messages(std::size_t count, const std::string& data) {
  std::vector<MessageView> messages;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::int64_t>(i);
    messages.push_back({.stream = "account-8c9b7f0e+eu",
                        .type = "Deposited",
                        .data = data,
                        .metadata = kSampleMetadata,
                        .position = {number},
                        .global_position = {1'000'000 + number},
                        .id = base::make_uuid_v7(),
                        .time = {1'700'000'000'000'000 + number}});
  }
  return messages;
}

}  // namespace eventodb::bench
