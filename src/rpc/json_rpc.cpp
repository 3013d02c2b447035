#include "rpc/json_rpc.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json_writer.hpp"
#include "eventodb/limits.hpp"
#include "rpc/error_json.hpp"
#include "rpc/invocation.hpp"
#include "rpc/write_run.hpp"

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

void begin_response(base::ByteBuffer& out) {
  out.append("{\"jsonrpc\":\"2.0\",\"result\":");
}

/// Ends the response object that begins at `start`, with the result's JSON in it, or puts the error
/// in its place.
void end_response(base::ByteBuffer& out, std::size_t start, const Result<void>& done,
                  std::string_view id) {
  if (done) {
    out.append(",\"id\":");
    out.append(id);
    out.append('}');
  } else {
    out.truncate(start);
    append_json_rpc_error(out, done.error(), id);
  }
}

Awaitable<Outcome> answer_invocation(Call& call, const Result<Invocation>& invocation,
                                     std::string_view id) {
  const std::size_t start = call.out().size();
  call.pieces_sent = false;
  Result<void> done;
  if (invocation) {
    begin_response(call.out());
    done = co_await run_request(call, *invocation);
  } else {
    done = invocation.error();
  }
  if (!done && call.pieces_sent) co_return Outcome::kBrokeOff;
  end_response(call.out(), start, done, id);
  co_return Outcome::kAnswered;
}

/// An element of a batch, or the only call: a valid request with what it asks for, or what is
/// wrong.
struct Element {
  Request request;
  Result<void> checked;
  Result<Invocation> invocation = Invocation{};  ///< if `checked`
};

Element read_element(std::string_view object, const auth::Access& access, base::Arena& arena) {
  Element element{read_request(object, arena), {}};
  element.checked = check_request(element.request, arena);
  if (element.checked) element.invocation = prepare_request(element.request, access, arena);
  return element;
}

/// `separator` is appended before the response object if there is one.
Awaitable<Outcome> answer_element(Call& call, const Element& element, std::string_view separator) {
  const Request& request = element.request;
  if (element.checked && request.is_notification()) {
    co_return co_await answer_notification(call, element.invocation);
  }
  call.out().append(separator);
  if (element.checked) {
    co_return co_await answer_invocation(call, element.invocation, request.id.text);
  }
  // An invalid request is answered even without an id, as the standard shows.
  const bool has_id = !request.is_notification() && request.has_valid_id();
  append_json_rpc_error(call.out(), element.checked.error(), has_id ? request.id.text : kNullId);
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

/// The calls of a batch, one after the other; writes that follow each other share a commit.
class Batch {
 public:
  Batch(Call& call, base::Arena& arena) : call_(call), arena_(arena) {}

  /// Returns the status of the whole.
  Awaitable<int> answer(std::string_view array) {
    JsonCursor cursor(array);
    cursor.enter();
    while (cursor.next_element()) {
      const bool alive = co_await answer_next(cursor.read());
      if (!alive) co_return 500;
    }
    const bool alive = co_await answer_writes();
    if (!alive) co_return 500;
    if (is_first_) co_return 204;
    call_.out().append(']');
    co_return 200;
  }

 private:
  std::string_view separator() const { return is_first_ ? "[" : ","; }

  /// False: the answer broke off.
  Awaitable<bool> answer_next(JsonValue value) {
    if (value.kind != JsonKind::kObject) {
      const bool alive = co_await answer_writes();
      if (!alive) co_return false;
      call_.out().append(separator());
      append_json_rpc_error(call_.out(), malformed("a call must be an object"), kNullId);
      is_first_ = false;
      co_return co_await call_.send_if_large();
    }
    const Element element = read_element(value.text, call_.access, arena_);
    if (joins_writes(element)) {
      ids_.push_back(element.request.id);
      if (!writes_.is_full()) co_return true;
      co_return co_await answer_writes();
    }
    const bool alive = co_await answer_writes();
    if (!alive) co_return false;
    const Outcome outcome = co_await answer_element(call_, element, separator());
    if (outcome == Outcome::kBrokeOff) co_return false;
    if (outcome == Outcome::kAnswered) is_first_ = false;
    co_return co_await call_.send_if_large();
  }

  bool joins_writes(const Element& element) {
    return call_.ns != nullptr && element.checked && element.invocation &&
           writes_.add(*element.invocation);
  }

  Awaitable<bool> answer_writes() {
    if (writes_.empty()) co_return true;
    Result<void> committed;
    try {
      co_await writes_.commit(*call_.ns);
    } catch (const std::exception& exception) {
      committed = internal_error(exception);
    }
    for (std::size_t i = 0; i < writes_.size(); ++i) answer_write(i, committed);
    writes_.clear();
    ids_.clear();
    co_return co_await call_.send_if_large();
  }

  void answer_write(std::size_t i, const Result<void>& committed) {
    if (ids_[i].is_absent()) return;
    base::ByteBuffer& out = call_.out();
    out.append(separator());
    is_first_ = false;
    const std::size_t start = out.size();
    begin_response(out);
    end_response(out, start, committed ? writes_.finish(i, out) : committed, ids_[i].text);
  }

  Call& call_;
  base::Arena& arena_;
  WriteRun writes_;
  std::vector<JsonValue> ids_;  // of the calls in writes_
  bool is_first_ = true;        // nothing has been answered yet
};

Awaitable<int> answer_batch(Call& call, std::string_view array, base::Arena& arena) {
  if (has_too_many_elements(array)) {
    append_json_rpc_error(call.out(),
                          malformed("a batch holds at most " +
                                    std::to_string(limits::kJsonRpcBatchCallsMax) + " calls"),
                          kNullId);
    co_return 200;
  }
  Batch batch(call, arena);
  co_return co_await batch.answer(array);
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
  const Element element = read_element(body, call.access, arena);
  const Outcome outcome = co_await answer_element(call, element, "");
  if (outcome == Outcome::kBrokeOff) co_return 500;
  co_return outcome == Outcome::kAnswered ? 200 : 204;
}

}  // namespace eventodb::rpc
