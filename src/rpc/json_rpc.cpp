#include "rpc/json_rpc.hpp"

#include <cstdint>
#include <string>
#include <utility>

#include "base/json_writer.hpp"
#include "eventodb/limits.hpp"
#include "rpc/error_json.hpp"
#include "rpc/invocation.hpp"

namespace eventodb::rpc {
namespace {

constexpr std::string_view kNullId = "null";

/// The members of a request object, as they stand there.
struct Request {
  JsonValue version, method, params, id;

  bool is_notification() const { return id.is_absent(); }
  bool has_valid_id() const {
    return is_notification() || id.kind == JsonKind::kNull || id.kind == JsonKind::kString ||
           id.kind == JsonKind::kNumber;
  }
};

Request read_request(std::string_view object, base::Arena& arena) {
  constexpr std::string_view kNames[] = {"jsonrpc", "method", "params", "id"};
  JsonValue members[4];
  JsonCursor cursor(object);
  read_members(cursor, kNames, members, arena);
  return {members[0], members[1], members[2], members[3]};
}

bool is_version_2(const JsonValue& version, base::Arena& arena) {
  return version.kind == JsonKind::kString && string_of(version, arena) == "2.0";
}

Error malformed(std::string text) {
  return {ErrorCode::kMalformedRequest, std::move(text), {}};
}

/// Fails when this is no request object of the standard.
Result<void> check_request(const Request& request, base::Arena& arena) {
  if (!is_version_2(request.version, arena)) return malformed("jsonrpc must be \"2.0\"");
  if (!request.has_valid_id()) return malformed("id must be a string, a number or null");
  if (request.method.kind != JsonKind::kString) return malformed("method must be a string");
  switch (request.params.kind) {
    case JsonKind::kAbsent:
    case JsonKind::kNull:
    case JsonKind::kArray:
    case JsonKind::kObject:
      return {};
    default:
      return malformed("params must be an array");
  }
}

Arguments arguments_of(const JsonValue& params, base::Arena& arena) {
  if (params.kind != JsonKind::kArray) return Arguments(arena);
  JsonCursor cursor(params.text);
  cursor.enter();
  return Arguments(cursor, arena);
}

/// REQUIRES: check_request() was content.
Result<Invocation> prepare_request(const Request& request, const auth::Access& access,
                                   base::Arena& arena) {
  const std::string_view name = string_of(request.method, arena);
  Arguments arguments = arguments_of(request.params, arena);
  auto invocation = prepare(name, arguments, access);
  const bool is_known = invocation || invocation.error().code != ErrorCode::kMethodNotFound;
  if (request.params.kind == JsonKind::kObject && is_known) {
    return invalid_request("params must be an array: arguments go by position, not by name");
  }
  return invocation;
}

enum class Outcome : std::uint8_t {
  kSilent,    ///< a notification: nothing was appended
  kAnswered,  ///< one response object was appended
  kBrokeOff,  ///< part of it had left when it failed
};

/// The exception seam of one call, so that the other calls of its batch keep their answers.
Awaitable<Result<void>> run_request(Call& call, Invocation invocation) {
  try {
    co_return co_await invoke(call, invocation);
  } catch (const std::exception& exception) {
    co_return internal_error(exception);
  }
}

Awaitable<Outcome> answer_notification(Call& call, const Result<Invocation>& invocation) {
  // Without an answer a method that changes nothing need not run.
  if (!invocation || (invocation->method->flags & kChanges) == 0) co_return Outcome::kSilent;
  const std::size_t start = call.out().size();
  (void)co_await run_request(call, *invocation);
  call.out().truncate(start);
  co_return Outcome::kSilent;
}

Awaitable<Outcome> answer_invocation(Call& call, const Result<Invocation>& invocation,
                                     std::string_view id) {
  base::ByteBuffer& out = call.out();
  const std::size_t start = out.size();
  call.pieces_sent = false;
  Result<void> done;
  if (invocation) {
    out.append("{\"jsonrpc\":\"2.0\",\"result\":");
    done = co_await run_request(call, *invocation);
  } else {
    done = invocation.error();
  }
  if (done) {
    out.append(",\"id\":");
    out.append(id);
    out.append('}');
    co_return Outcome::kAnswered;
  }
  if (call.pieces_sent) co_return Outcome::kBrokeOff;
  out.truncate(start);
  append_json_rpc_error(out, done.error(), id);
  co_return Outcome::kAnswered;
}

/// `separator` is appended before the response object if there is one.
Awaitable<Outcome> answer_request(Call& call, std::string_view object, std::string_view separator,
                                  base::Arena& arena) {
  const Request request = read_request(object, arena);
  auto checked = check_request(request, arena);
  if (checked) {
    const auto invocation = prepare_request(request, call.access, arena);
    if (request.is_notification()) co_return co_await answer_notification(call, invocation);
    call.out().append(separator);
    co_return co_await answer_invocation(call, invocation, request.id.text);
  }
  // An invalid request is answered even without an id, as the standard shows.
  const bool has_id = !request.is_notification() && request.has_valid_id();
  call.out().append(separator);
  append_json_rpc_error(call.out(), checked.error(), has_id ? request.id.text : kNullId);
  co_return Outcome::kAnswered;
}

bool has_too_many_elements(std::string_view array) {
  JsonCursor cursor(array);
  cursor.enter();
  std::size_t count = 0;
  while (cursor.next_element()) {
    cursor.read();
    if (++count > limits::kJsonRpcBatchCallsMax) return true;
  }
  return false;
}

Awaitable<int> answer_batch(Call& call, std::string_view array, base::Arena& arena) {
  base::ByteBuffer& out = call.out();
  if (has_too_many_elements(array)) {
    append_json_rpc_error(out,
                          malformed("a batch holds at most " +
                                    std::to_string(limits::kJsonRpcBatchCallsMax) + " calls"),
                          kNullId);
    co_return 200;
  }
  JsonCursor cursor(array);
  cursor.enter();
  bool is_first = true;
  while (cursor.next_element()) {
    const std::string_view separator = is_first ? "[" : ",";
    const JsonValue element = cursor.read();
    Outcome outcome = Outcome::kAnswered;
    if (element.kind == JsonKind::kObject) {
      outcome = co_await answer_request(call, element.text, separator, arena);
    } else {
      out.append(separator);
      append_json_rpc_error(out, malformed("a call must be an object"), kNullId);
    }
    if (outcome == Outcome::kBrokeOff) co_return 500;
    const bool sent = co_await call.send_if_large();
    if (!sent) co_return 500;
    if (outcome == Outcome::kAnswered) is_first = false;
  }
  if (is_first) co_return 204;
  out.append(']');
  co_return 200;
}

}  // namespace

bool is_json_rpc(std::string_view body, base::Arena& arena) {
  JsonCursor cursor(body);
  if (cursor.peek() == JsonKind::kArray) {
    cursor.enter();
    if (!cursor.next_element()) return false;
  }
  if (cursor.peek() != JsonKind::kObject) return false;
  return is_version_2(read_request(cursor.read().text, arena).version, arena);
}

Awaitable<int> answer_json_rpc(Call& call, std::string_view body, base::Arena& arena) {
  if (body.starts_with('[')) co_return co_await answer_batch(call, body, arena);
  const Outcome outcome = co_await answer_request(call, body, "", arena);
  if (outcome == Outcome::kBrokeOff) co_return 500;
  co_return outcome == Outcome::kAnswered ? 200 : 204;
}

}  // namespace eventodb::rpc
