#include "rpc/append_methods.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/json_writer.hpp"
#include "rpc/append_handler.hpp"
#include "rpc/message_arguments.hpp"

namespace eventodb::rpc {
namespace {

/// What both methods check when all messages are read.
Result<AppendArguments> complete(const MessageBatch& batch, base::Arena& arena) {
  auto differ = check_ids_differ(batch, arena);
  if (!differ) return std::move(differ).error();
  void* place = arena.allocate(batch.size() * sizeof(WrittenMessage), alignof(WrittenMessage));
  auto* written = static_cast<WrittenMessage*>(place);
  std::uninitialized_default_construct_n(written, batch.size());
  return AppendArguments{{batch.data(), batch.size()}, {written, batch.size()}};
}

void append_member(base::ByteBuffer& out, std::string_view before, std::int64_t value) {
  out.append(before);
  base::append_int(out, value);
}

void append_range(base::ByteBuffer& out, const WrittenMessage& first, const WrittenMessage& last) {
  append_member(out, "{\"firstPosition\":", first.position.value);
  append_member(out, ",\"lastPosition\":", last.position.value);
  append_member(out, ",\"firstGlobalPosition\":", first.global_position.value);
  append_member(out, ",\"lastGlobalPosition\":", last.global_position.value);
  out.append('}');
}

// --- stream.append -------------------------------------------------------------------------------

Result<void> decode_options(Arguments& arguments, NewMessage& first) {
  constexpr std::string_view kNames[] = {"expectedVersion"};
  JsonValue members[1];
  auto taken = arguments.take_options(kNames, members);
  if (!taken) return taken;
  return decode_expected_version(members[0], "expectedVersion", first);
}

Result<AppendArguments> decode_append(Arguments& arguments) {
  auto stream = take_stream_name(arguments);
  if (!stream) return std::move(stream).error();
  auto array = arguments.enter_array("messages");
  if (!array) return std::move(array).error();
  MessageBatch batch{base::ArenaAllocator<NewMessage>(arguments.arena())};
  auto decoded = read_messages(**array, *stream, MessagePlace::kNone, 0, batch);
  if (decoded) decoded = decode_options(arguments, batch.front());
  if (!decoded) return std::move(decoded).error();
  return complete(batch, arguments.arena());
}

Result<void> finish_append(base::ByteBuffer& out, const AppendArguments& arguments,
                           Result<void> outcome) {
  if (outcome) append_range(out, arguments.written.front(), arguments.written.back());
  return outcome;
}

// --- streams.append ------------------------------------------------------------------------------

using StreamEnds = std::vector<std::size_t, base::ArenaAllocator<std::size_t>>;

/// One element of the array: a stream, its messages, its expectation.
Result<void> read_stream(JsonCursor& array, std::size_t index, MessageBatch& batch) {
  base::Arena& arena = batch.get_allocator().arena();
  const auto name = [index](std::string_view member) {
    return ("streams[" + std::to_string(index) + "]").append(member);
  };
  if (array.peek() != JsonKind::kObject) return must_be(name(""), "an object");
  constexpr std::string_view kNames[] = {"stream", "messages", "expectedVersion"};
  JsonValue members[3];
  read_members(array, kNames, members, arena);
  const auto& [stream_value, messages, version] = members;

  if (stream_value.kind != JsonKind::kString) return must_be(name(".stream"), "a string");
  const std::string_view stream = string_of(stream_value, arena);
  if (auto checked = stream_name_of(stream, ""); !checked) {
    return at_place(name(".stream"), std::move(checked).error());
  }
  if (messages.kind != JsonKind::kArray) return must_be(name(".messages"), "an array");
  const std::size_t first = batch.size();
  JsonCursor inside(messages.text);
  inside.enter();
  auto read = read_messages(inside, stream, index, array.rest_bytes(), batch);
  if (!read) return read;
  read = decode_expected_version(version, "", batch[first]);
  if (!read) return at_place(name(".expectedVersion"), std::move(read).error());
  return read;
}

Result<AppendArguments> decode_append_streams(Arguments& arguments) {
  auto array = arguments.enter_array("streams");
  if (!array) return std::move(array).error();
  base::Arena& arena = arguments.arena();
  MessageBatch batch{base::ArenaAllocator<NewMessage>(arena)};
  StreamEnds ends{base::ArenaAllocator<std::size_t>(arena)};
  while ((*array)->next_element()) {
    auto read = read_stream(**array, ends.size(), batch);
    if (!read) return std::move(read).error();
    ends.push_back(batch.size());
  }
  if (ends.empty()) return invalid_request("streams must not be empty");
  auto completed = complete(batch, arena);
  if (completed) completed->stream_ends = {ends.data(), ends.size()};
  return completed;
}

Result<void> finish_append_streams(base::ByteBuffer& out, const AppendArguments& arguments,
                                   Result<void> outcome) {
  if (!outcome) {
    Error error = std::move(outcome).error();
    if (auto* conflict = std::get_if<VersionConflict>(&error.details)) {
      conflict->stream = arguments.messages[conflict->message].stream;
    }
    return error;
  }
  std::size_t first = 0;
  for (const std::size_t end : arguments.stream_ends) {
    out.append(first == 0 ? '[' : ',');
    append_range(out, arguments.written[first], arguments.written[end - 1]);
    first = end;
  }
  out.append(']');
  return outcome;
}

}  // namespace

constinit const Handler kStreamAppend = make_append_handler<decode_append, finish_append>();
constinit const Handler kStreamsAppend =
    make_append_handler<decode_append_streams, finish_append_streams>();

}  // namespace eventodb::rpc
