#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "eventodb/message.hpp"
#include "rpc/arguments.hpp"

/// The arguments of the methods that write: names of streams, messages, lists of them. Every
/// failure is kInvalidRequest with a text that names the place.
namespace eventodb::rpc {

/// Where a message stands in its call; "message", "messages[3]" or "streams[1].messages[3]".
struct MessagePlace {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::size_t stream = kNone;
  std::size_t message = kNone;

  std::string text() const;
  /// The text with a member: ".type".
  std::string text_of(std::string_view member) const { return text().append(member); }
};

/// A name that is not empty and not too long. `name` is the argument's.
Result<std::string_view> stream_name_of(std::string_view text, std::string_view name);
/// The next argument as the name of a stream.
Result<std::string_view> take_stream_name(Arguments& arguments);

/// The members of a message, in the order they are checked.
struct MessageMembers {
  static constexpr std::string_view kNames[] = {"type", "data", "metadata", "id"};
  JsonValue values[4];
};
/// Decodes all but the id.
Result<void> decode_message(const MessageMembers& members, MessagePlace place, base::Arena& arena,
                            NewMessage& message);
/// "" and absent are none.
Result<void> decode_id(const JsonValue& value, std::string_view name, base::Arena& arena,
                       NewMessage& message);
Result<void> decode_expected_version(const JsonValue& value, std::string_view name,
                                     NewMessage& message);

/// Grows in an arena.
using MessageBatch = std::vector<NewMessage, base::ArenaAllocator<NewMessage>>;

/// Appends the messages of the array the cursor has entered, at least one and all together at most
/// limits::kAppendMessagesMax, and moves behind it. `bytes_after`: how much text with more of them
/// may follow the cursor's. The id of each is its own member.
Result<void> read_messages(JsonCursor& array, std::string_view stream, std::size_t stream_index,
                           std::size_t bytes_after, MessageBatch& batch);

/// Fails when two messages have the same id.
Result<void> check_ids_differ(const MessageBatch& batch, base::Arena& arena);

}  // namespace eventodb::rpc
