#pragma once

#include <optional>
#include <string_view>

#include "base/timestamp.hpp"
#include "base/uuid.hpp"
#include "eventodb/position.hpp"

namespace eventodb {

using MessageId = base::Uuid;
using Timestamp = base::Timestamp;

/// One message to append. Every view is borrowed from the caller until the append completes.
struct NewMessage {
  std::string_view stream;      ///< not empty, UTF-8, at most limits::kStreamNameBytesMax
  std::string_view type;        ///< not empty
  std::string_view data;        ///< a JSON object, validated, without insignificant white space
  std::string_view metadata;    ///< likewise, or empty for none (JSON null)
  std::optional<MessageId> id;  ///< absent: the store makes a version 7 UUID
  ExpectedVersion expected_version;
};

/// One stored message. The views are valid only during the call that hands it over.
struct MessageView {
  std::string_view stream;
  std::string_view type;
  std::string_view data;      ///< JSON object text, byte for byte as appended
  std::string_view metadata;  ///< JSON object text, or empty for none
  Position position;
  GlobalPosition global_position;
  MessageId id;
  Timestamp time;
};

/// Where a message was stored.
struct WrittenMessage {
  Position position;
  GlobalPosition global_position;
  friend bool operator==(const WrittenMessage&, const WrittenMessage&) = default;
};

}  // namespace eventodb
