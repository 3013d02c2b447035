#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventodb/error.hpp"
#include "eventodb/position.hpp"
#include "eventodb/stream_name.hpp"

namespace eventodb::subscription {

enum class Kind : std::uint8_t { kStream, kCategory, kAll };

/// The query parameters of GET /subscribe, form-decoded. nullopt: not given; an empty value counts
/// as not given wherever protocol 4.1 says so.
struct Parameters {
  std::optional<std::string> stream, category, all, position, payload;
  std::optional<std::string> consumer, size, consumer_group_member, consumer_group_size;
};

/// Reads the parameters of a query string; unknown ones are ignored, of repeated ones the first
/// counts.
Parameters parse_parameters(std::string_view query);

/// A valid subscription.
struct Request {
  Kind kind = Kind::kAll;
  std::string name;  ///< of the stream or category
  std::int64_t position = 0;
  std::optional<ConsumerGroup> group;
  bool payload = false;                  ///< extension: send the messages themselves
  std::optional<GlobalPosition> resume;  ///< payload only: continue after this one
};

/// Checks in the order of protocol 4.2. `last_event_id` is the header's value or "". The error is
/// kInvalidRequest with the text for a text/plain body.
Result<Request> make_request(const Parameters& parameters, std::string_view last_event_id);

}  // namespace eventodb::subscription
