#include "rpc/message_arguments.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/hash64.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

Error too_long(std::string_view name, std::size_t bytes_max) {
  return invalid_request(std::string(name) + " must not be longer than " +
                         std::to_string(bytes_max) + " bytes");
}

Result<std::string_view> type_of(const JsonValue& value, MessagePlace place, base::Arena& arena) {
  if (value.kind != JsonKind::kString) return must_be(place.text_of(".type"), "a string");
  const std::string_view type = string_of(value, arena);
  if (type.empty()) return invalid_request(place.text_of(".type must not be empty"));
  if (type.size() > limits::kTypeBytesMax) {
    return too_long(place.text_of(".type"), limits::kTypeBytesMax);
  }
  return type;
}

std::string list_of(std::size_t stream_index) {
  if (stream_index == MessagePlace::kNone) return "messages";
  return "streams[" + std::to_string(stream_index) + "].messages";
}

Result<void> read_message(JsonCursor& array, MessagePlace place, base::Arena& arena,
                          NewMessage& message) {
  if (array.peek() != JsonKind::kObject) return must_be(place.text(), "an object");
  MessageMembers members;
  read_members(array, MessageMembers::kNames, members.values, arena);
  auto decoded = decode_message(members, place, arena, message);
  if (!decoded) return decoded;
  const JsonValue& id = members.values[3];
  if (id.is_absent()) return decoded;
  decoded = decode_id(id, ".id", arena, message);
  if (!decoded) return at_place(place.text(), std::move(decoded).error());
  return decoded;
}

}  // namespace

std::string MessagePlace::text() const {
  if (message == kNone) return "message";
  return list_of(stream) + "[" + std::to_string(message) + "]";
}

Result<std::string_view> stream_name_of(std::string_view text, std::string_view name) {
  if (text.empty()) return invalid_request(std::string(name) + " must not be empty");
  if (text.size() > limits::kStreamNameBytesMax) {
    return too_long(name, limits::kStreamNameBytesMax);
  }
  return text;
}

Result<std::string_view> take_stream_name(Arguments& arguments) {
  auto name = arguments.take_string("streamName");
  if (!name) return name;
  return stream_name_of(*name, "streamName");
}

Result<void> decode_message(const MessageMembers& members, MessagePlace place, base::Arena& arena,
                            NewMessage& message) {
  const JsonValue& data = members.values[1];
  const JsonValue& metadata = members.values[2];
  auto type = type_of(members.values[0], place, arena);
  if (!type) return std::move(type).error();
  message.type = *type;
  if (data.kind != JsonKind::kObject) return must_be(place.text_of(".data"), "an object");
  message.data = compact_text_of(data, arena);
  if (metadata.is_absent() || metadata.kind == JsonKind::kNull) return {};
  if (metadata.kind != JsonKind::kObject) {
    return must_be(place.text_of(".metadata"), "an object or null");
  }
  message.metadata = compact_text_of(metadata, arena);
  return {};
}

Result<void> decode_id(const JsonValue& value, std::string_view name, base::Arena& arena,
                       NewMessage& message) {
  auto id = string_option(value, name, arena);
  if (!id) return std::move(id).error();
  if (id->empty()) return {};
  message.id = base::parse_uuid(*id);
  if (!message.id) return must_be(name, "a UUID");
  return {};
}

Result<void> decode_expected_version(const JsonValue& value, std::string_view name,
                                     NewMessage& message) {
  auto version = integer_option(value, name);
  if (!version) return std::move(version).error();
  if (*version) message.expected_version = ExpectedVersion(**version);
  return {};
}

Result<void> read_messages(JsonCursor& array, std::string_view stream, std::size_t stream_index,
                           std::size_t bytes_after, MessageBatch& batch) {
  base::Arena& arena = batch.get_allocator().arena();
  std::size_t index = 0;
  for (; array.next_element(); ++index) {
    if (batch.size() == limits::kAppendMessagesMax) {
      return invalid_request("a call must not hold more than " +
                             std::to_string(limits::kAppendMessagesMax) + " messages");
    }
    const std::size_t bytes_before = array.rest_bytes();
    NewMessage message{};
    message.stream = stream;
    auto read = read_message(array, {stream_index, index}, arena, message);
    if (!read) return read;
    if (batch.empty()) {
      // Messages of one call tend to be of one size: room for all at once.
      const std::size_t bytes = std::max<std::size_t>(bytes_before - array.rest_bytes(), 1);
      const std::size_t guess = (bytes_before + bytes_after) / bytes + 1;
      batch.reserve(std::min(guess, limits::kAppendMessagesMax));
    }
    batch.push_back(message);
  }
  if (index == 0) return invalid_request(list_of(stream_index) + " must not be empty");
  return {};
}

Result<void> check_ids_differ(const MessageBatch& batch, base::Arena& arena) {
  const auto has_id = [](const NewMessage& message) { return message.id.has_value(); };
  const auto ids = static_cast<std::size_t>(std::count_if(batch.begin(), batch.end(), has_id));
  if (ids < 2) return {};
  // Open addressing: index of the message + 1, or 0. At most half full.
  const std::size_t slots = std::bit_ceil(2 * ids);
  auto* table =
      static_cast<std::uint32_t*>(arena.allocate(slots * sizeof(std::uint32_t), alignof(uint32_t)));
  std::memset(table, 0, slots * sizeof(std::uint32_t));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!batch[i].id) continue;
    const auto& bytes = batch[i].id->bytes;
    const std::string_view key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::size_t slot = base::hash64(key, base::hash_seed()) & (slots - 1);
    for (; table[slot] != 0; slot = (slot + 1) & (slots - 1)) {
      if (batch[table[slot] - 1].id != batch[i].id) continue;
      std::string text(base::kUuidTextBytes, ' ');
      base::format_uuid(*batch[i].id, text.data());
      return invalid_request("the id " + text + " stands twice in the call");
    }
    table[slot] = static_cast<std::uint32_t>(i + 1);
  }
  return {};
}

}  // namespace eventodb::rpc
