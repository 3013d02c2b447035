#include "rpc/dispatcher.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <string>
#include <utility>

#include "rpc/error_json.hpp"
#include "rpc/invocation.hpp"
#include "rpc/json_body.hpp"
#include "rpc/json_rpc.hpp"

namespace eventodb::rpc {
namespace {

Error malformed(std::string text) {
  return {ErrorCode::kMalformedRequest, std::move(text), {}};
}

/// The array form (protocol 1.4): the method's name, then its arguments.
Result<Invocation> prepare_array(std::string_view body, const auth::Access& access,
                                 base::Arena& arena) {
  JsonCursor cursor(body);
  const JsonKind kind = cursor.peek();
  if (kind == JsonKind::kNull) return malformed("The request array is empty");
  if (kind != JsonKind::kArray) {
    return Error{ErrorCode::kMalformedRequest, "The request body must be an array",
                 ParseProblem{"the body is JSON, but not an array"}};
  }
  cursor.enter();
  if (!cursor.next_element()) return malformed("The request array is empty");
  if (cursor.peek() != JsonKind::kString) {
    return malformed("The first element must be the name of a method");
  }
  const std::string_view name = string_of(cursor.read(), arena);
  Arguments arguments(cursor, arena);
  return prepare(name, arguments, access);
}

/// Replaces what was appended behind `start` by the error.
int fail(base::ByteBuffer& out, std::size_t start, const Error& error) {
  out.truncate(start);
  append_error(out, error);
  return error_row(error.code).http_status;
}

/// The same, unless part of it has left already.
int fail(Call& call, std::size_t start, const Error& error) {
  if (!call.pieces_sent) return fail(call.out(), start, error);
  return error_row(error.code).http_status;
}

/// Looks only, so that reads are not decoded twice; how SDKs write what they send.
bool may_append(std::string_view body) {
  constexpr std::string_view kBegins[] = {"[\"stream.write\"", "[\"stream.append\"",
                                          "[\"streams.append\""};
  return std::any_of(std::begin(kBegins), std::end(kBegins),
                     [body](std::string_view begin) { return body.starts_with(begin); });
}

}  // namespace

Awaitable<int> Dispatcher::answer(const base::ByteBuffer& body, const auth::Access& access,
                                  base::Arena& arena, Answer& answer) const {
  const std::size_t start = answer.out().size();
  Call call(store_, options_, access, answer);
  try {
    auto text = check_body(body.view());
    if (!text) co_return fail(call, start, text.error());
    if (is_json_rpc(*text, arena)) co_return co_await answer_json_rpc(call, *text, arena);
    auto invocation = prepare_array(*text, access, arena);
    if (!invocation) co_return fail(call, start, invocation.error());
    auto done = co_await invoke(call, *invocation);
    if (!done) co_return fail(call, start, done.error());
    co_return 200;
  } catch (const std::exception& exception) {
    co_return fail(call, start, internal_error(exception));
  }
}

bool Dispatcher::add_to_run(std::string_view body, const auth::Access& access, base::Arena& arena,
                            WriteRun& run) {
  if (access.ns == nullptr || !may_append(body)) return false;
  try {
    const auto text = check_body(body);
    if (!text) return false;
    const auto invocation = prepare_array(*text, access, arena);
    return invocation && run.add(*invocation);
  } catch (const std::exception&) {
    return false;  // answer() meets it again
  }
}

int Dispatcher::answer_from_run(WriteRun& run, std::size_t call, base::ByteBuffer& out) {
  const std::size_t start = out.size();
  const auto done = run.finish(call, out);
  return done ? 200 : fail(out, start, done.error());
}

}  // namespace eventodb::rpc
