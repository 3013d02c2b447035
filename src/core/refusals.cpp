#include "core/refusals.hpp"

#include <string>

namespace eventodb {

Error version_conflict(std::int64_t expected, std::int64_t actual, std::size_t message) {
  return {ErrorCode::kVersionConflict,
          "Expected stream version " + std::to_string(expected) + ", but it is " +
              std::to_string(actual),
          VersionConflict{.expected = expected, .actual = actual, .message = message}};
}

Error message_id_exists(const MessageId& id, std::string_view stream, WrittenMessage written) {
  return {ErrorCode::kMessageIdExists, "A message with this id exists with other content",
          ExistingMessage{.id = id, .stream = std::string(stream), .written = written}};
}

Error unknown_namespace(std::string_view id) {
  return {ErrorCode::kNamespaceNotFound, "There is no namespace '" + std::string(id) + "'", {}};
}

Error namespace_exists(std::string_view id) {
  return {
      ErrorCode::kNamespaceExists, "There is a namespace '" + std::string(id) + "' already", {}};
}

bool is_same_content(const MessageView& stored, const NewMessage& wanted) {
  return stored.stream == wanted.stream && stored.type == wanted.type &&
         stored.data == wanted.data && stored.metadata == wanted.metadata;
}

}  // namespace eventodb
