#include "rpc/stream_methods.hpp"

#include <algorithm>
#include <span>

#include "base/json_writer.hpp"
#include "rpc/append_handler.hpp"
#include "rpc/message_arguments.hpp"
#include "rpc/message_list.hpp"
#include "rpc/read_options.hpp"

namespace eventodb::rpc {
namespace {

// --- stream.write --------------------------------------------------------------------------------

Result<void> decode_only_message(Arguments& arguments, NewMessage& message) {
  MessageMembers members;
  auto taken = arguments.take_object("message", MessageMembers::kNames, members.values);
  if (!taken) return taken;
  return decode_message(members, {}, arguments.arena(), message);
}

Result<void> decode_write_options(Arguments& arguments, NewMessage& message) {
  constexpr std::string_view kNames[] = {"id", "expectedVersion"};
  JsonValue members[2];
  auto decoded = arguments.take_options(kNames, members);
  if (decoded) decoded = decode_id(members[0], "id", arguments.arena(), message);
  if (decoded) decoded = decode_expected_version(members[1], "expectedVersion", message);
  return decoded;
}

Result<AppendArguments> decode_write(Arguments& arguments) {
  base::Arena& arena = arguments.arena();
  auto& message = *::new (arena.allocate(sizeof(NewMessage), alignof(NewMessage))) NewMessage{};
  auto stream = take_stream_name(arguments);
  if (!stream) return std::move(stream).error();
  message.stream = *stream;
  auto decoded = decode_only_message(arguments, message);
  if (decoded) decoded = decode_write_options(arguments, message);
  if (!decoded) return std::move(decoded).error();
  void* room = arena.allocate(sizeof(WrittenMessage), alignof(WrittenMessage));
  return AppendArguments{std::span(&message, 1), std::span(::new (room) WrittenMessage, 1)};
}

Result<void> finish_write(base::ByteBuffer& out, const AppendArguments& arguments,
                          Result<void> outcome) {
  if (!outcome) return outcome;
  const WrittenMessage& written = arguments.written.front();
  out.append("{\"position\":");
  base::append_int(out, written.position.value);
  out.append(",\"globalPosition\":");
  base::append_int(out, written.global_position.value);
  out.append('}');
  return outcome;
}

// --- stream.get ----------------------------------------------------------------------------------

Result<StreamCursor> decode_get(Arguments& arguments) {
  auto stream = take_stream_name(arguments);
  if (!stream) return std::move(stream).error();
  constexpr std::string_view kNames[] = {"position", "globalPosition", "batchSize"};
  JsonValue members[3];
  auto taken = arguments.take_options(kNames, members);
  if (!taken) return std::move(taken).error();
  auto range = read_range(members[0], members[1], members[2]);
  if (!range) return std::move(range).error();

  StreamCursor cursor;
  cursor.stream = *stream;
  cursor.remaining = range->remaining;
  if (range->global_position) {
    cursor.from_global = GlobalPosition{*range->global_position};
  } else {
    cursor.next = Position{std::max<std::int64_t>(range->position.value_or(0), 0)};
  }
  return cursor;
}

Awaitable<Result<void>> run_get(Call& call, const StreamCursor& start) {
  return answer_with_list(call, start, false, &Namespace::read_stream);
}

// --- stream.last ---------------------------------------------------------------------------------

struct LastArguments {
  std::string_view stream;
  std::string_view type;
};

Result<LastArguments> decode_last(Arguments& arguments) {
  auto stream = take_stream_name(arguments);
  if (!stream) return std::move(stream).error();
  constexpr std::string_view kNames[] = {"type"};
  JsonValue members[1];
  auto taken = arguments.take_options(kNames, members);
  if (!taken) return std::move(taken).error();
  auto type = string_option(members[0], "type", arguments.arena());
  if (!type) return std::move(type).error();
  return LastArguments{*stream, *type};
}

Awaitable<Result<void>> run_last(Call& call, const LastArguments& arguments) {
  MessageList list(call.out(), false);
  auto found = co_await call.ns->read_last(arguments.stream, arguments.type, list);
  if (!found) co_return std::move(found).error();
  if (!*found) call.out().append("null");
  co_return Result<void>();
}

// --- stream.version ------------------------------------------------------------------------------

struct StreamArgument {
  std::string_view stream;
};

Result<StreamArgument> decode_version(Arguments& arguments) {
  auto stream = take_stream_name(arguments);
  if (!stream) return std::move(stream).error();
  return StreamArgument{*stream};
}

Awaitable<Result<void>> run_version(Call& call, const StreamArgument& arguments) {
  auto version = co_await call.ns->stream_version(arguments.stream);
  if (!version) co_return std::move(version).error();
  if (*version) {
    base::append_int(call.out(), (*version)->value);
  } else {
    call.out().append("null");
  }
  co_return Result<void>();
}

}  // namespace

constinit const Handler kStreamWrite = make_append_handler<decode_write, finish_write>();
constinit const Handler kStreamGet = make_handler<StreamCursor, decode_get, run_get>();
constinit const Handler kStreamLast = make_handler<LastArguments, decode_last, run_last>();
constinit const Handler kStreamVersion =
    make_handler<StreamArgument, decode_version, run_version>();

}  // namespace eventodb::rpc
