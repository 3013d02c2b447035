#include "net/http_session.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <string_view>

#include "auth/access_cache.hpp"
#include "base/logging.hpp"
#include "eventodb/limits.hpp"
#include "net/exchange.hpp"
#include "net/framing_guard.hpp"
#include "net/router.hpp"
#include "net/session_thread.hpp"
#include "rpc/error_json.hpp"

namespace eventodb::net {
namespace {

constexpr std::size_t kReadBytes = 8 * 1024;

/// Renders the answer to something that is no request; the connection closes behind it.
void append_refusal(Connection& connection, const Error& error) {
  base::ByteBuffer& out = connection.memory().out;
  HeadPlace place;
  place.reserve(out, connection.thread().date());
  rpc::append_error(out, error);
  ResponseHead head;
  head.status = error_row(error.code).http_status;
  head.close = true;
  place.fill(out, head, connection.thread().date());
}

class HttpSession {
 public:
  explicit HttpSession(Connection& connection) : connection_(connection) {}

  /// Reads and serves one request. False: it was the last one.
  Awaitable<bool> next_request() {
    FramingGuard guard;
    auto verdict = FramingGuard::Verdict::kNeedMore;
    for (;;) {
      if (connection_.has_memory() && skip_blank_lines()) {
        verdict = guard.scan(connection_.memory().pending());
      }
      if (verdict != FramingGuard::Verdict::kNeedMore) break;
      const bool progress = co_await receive();
      if (!progress) co_return false;
    }
    if (verdict == FramingGuard::Verdict::kRefused) {
      refuse({guard.refusal(), std::string(guard.reason()), {}});
      co_return false;
    }
    co_return co_await serve(guard);
  }

  /// Sends what is left. Who takes the connection over, if anyone does.
  Awaitable<std::unique_ptr<ConnectionOwner>> end() {
    if (!connection_.has_memory() || gone_) co_return nullptr;
    const bool alive = co_await flush(connection_);
    if (!alive) co_return nullptr;
    if (owner_ == nullptr && linger_) co_await connection_.linger();
    co_return std::move(owner_);
  }

 private:
  /// Clients of old send an empty line behind a body. False: nothing else is there yet.
  bool skip_blank_lines() {
    RequestMemory& memory = connection_.memory();
    while (memory.pending().starts_with("\r\n")) memory.take(2);
    return !memory.pending().empty() && memory.pending() != "\r";
  }

  /// Gets more bytes of the head, sending the gathered answers before it waits.
  Awaitable<bool> receive() {
    if (!connection_.has_memory()) {
      const bool readable = co_await connection_.wait_readable();
      if (!readable) co_return false;
      connection_.acquire_memory();
    }
    RequestMemory& memory = connection_.memory();
    if (!memory.out.empty()) {
      gone_ = !co_await flush(connection_);
      if (gone_) co_return false;
      co_await connection_.yield();
    }
    if (connection_.thread().stopping()) co_return false;
    const bool first = memory.pending().empty();
    memory.drop_taken();
    if (first) {
      memory.in.shrink_above(limits::kBufferKeptBytes);
      connection_.enter(Phase::kIdle);
    } else if (connection_.phase() != Phase::kHeader) {
      connection_.enter(Phase::kHeader);
    }
    // Filling the buffer up, it does not grow for a head that comes in pieces.
    const std::size_t held = memory.in.size();
    const std::size_t room = held < kReadBytes / 2 ? kReadBytes - held : kReadBytes;
    const auto end = co_await connection_.read(memory.in, room);
    if (end == Connection::ReadEnd::kUnused) connection_.release_memory();
    if (end != Connection::ReadEnd::kClosed) co_return true;
    if (!first && connection_.timed_out()) {
      refuse({ErrorCode::kRequestTimeout, "the request header did not arrive in time", {}});
    } else {
      gone_ = true;
    }
    co_return false;
  }

  Awaitable<bool> serve(const FramingGuard& guard) {
    RequestMemory& memory = connection_.memory();
    memory.arena.reset();
    // A copy, because reading the body may move what has been received.
    const std::string_view text = memory.arena.copy(memory.pending().substr(0, guard.head_bytes()));
    memory.take(guard.head_bytes());
    const auto head = parse_head(text, memory.arena);
    if (!head) {
      refuse(head.error());
      co_return false;
    }
    connection_.enter(Phase::kServe);
    Exchange exchange(connection_, access_cache_, *head,
                      {guard.chunked(), guard.content_length().value_or(0)});
    co_await serve(exchange);
    if (exchange.needs_finish()) co_await exchange.finish();
    exchange.log();
    gone_ = exchange.gone();
    owner_ = exchange.take_owner();
    if (gone_ || owner_ != nullptr) co_return false;
    if (exchange.closes()) {
      linger_ = exchange.needs_linger() || !memory.pending().empty();
      co_return false;
    }
    memory.body.clear();
    memory.body.shrink_above(limits::kBufferKeptBytes);
    if (memory.out.size() > limits::kPipelinedAnswerBytes) gone_ = !co_await flush(connection_);
    co_return !gone_;
  }

  /// The seam where exceptions of third-party code end.
  Awaitable<void> serve(Exchange& exchange) {
    try {
      Endpoint* endpoint = router().find(exchange.head().target.path);
      if (endpoint == nullptr) {
        exchange.refuse({ErrorCode::kNotFound, "no such path", {}});
      } else {
        co_await endpoint->serve(exchange);
      }
      if (exchange.status() != 0 || exchange.gone()) co_return;
      spdlog::error("an endpoint gave no answer");
    } catch (const std::exception& problem) {
      spdlog::error("a request failed: {}", base::loggable(problem.what()));
    }
    exchange.fail();
  }

  void refuse(const Error& error) {
    connection_.enter(Phase::kServe);
    append_refusal(connection_, error);
    linger_ = true;
  }

  const Router& router() const { return connection_.thread().settings().router; }

  Connection& connection_;
  auth::AccessCache access_cache_;
  std::unique_ptr<ConnectionOwner> owner_;  // takes over from us
  bool gone_ = false;                       // nothing can be sent any more
  bool linger_ = false;                     // the client may still be sending when we close
};

/// Until the last request. Who takes the connection over, if anyone does; nothing of the session
/// is held then.
Awaitable<std::unique_ptr<ConnectionOwner>> serve_requests(Connection& connection) {
  HttpSession session(connection);
  bool more = true;
  while (more) more = co_await session.next_request();
  co_return co_await session.end();
}

}  // namespace

Awaitable<void> serve_connection(std::unique_ptr<Connection> connection) {
  try {
    const auto owner = co_await serve_requests(*connection);
    if (owner == nullptr) co_return;
    connection->release_memory();
    co_await owner->run(*connection);
  } catch (const std::exception& problem) {
    spdlog::error("a connection failed: {}", base::loggable(problem.what()));
  }
}

Awaitable<void> refuse_connection(std::unique_ptr<Connection> connection) {
  try {
    connection->acquire_memory();
    append_refusal(*connection, {ErrorCode::kOverloaded, "too many connections", {}});
    connection->enter(Phase::kServe);
    const bool alive = co_await flush(*connection);
    if (alive) {
      connection->release_memory();
      co_await connection->linger();
    }
  } catch (const std::exception& problem) {
    spdlog::error("a connection failed: {}", base::loggable(problem.what()));
  }
}

}  // namespace eventodb::net
