#include "net/exchange.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/logging.hpp"
#include "eventodb/limits.hpp"
#include "net/chunked_decoder.hpp"
#include "net/framing_guard.hpp"
#include "net/session_thread.hpp"
#include "rpc/error_json.hpp"

namespace eventodb::net {
namespace {

/// A body is read in pieces of this size at first, then of its size so far: nobody gets memory
/// for bytes that were only announced.
constexpr std::size_t kBodyPieceBytes = 64 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Error too_large() {
  return {ErrorCode::kBodyTooLarge, "the request body is too large", {}};
}

boost::asio::const_buffer as_buffer(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Awaitable<bool> flush(Connection& connection) {
  base::ByteBuffer& out = connection.memory().out;
  std::string_view rest = out.view();
  bool alive = rest.empty() || connection.send_now(rest);
  if (alive && !rest.empty()) alive = co_await connection.send(rest);
  out.clear();
  out.shrink_above(limits::kBufferKeptBytes);
  co_return alive;
}

Exchange::Exchange(Connection& connection, auth::AccessCache& access_cache, const RequestHead& head,
                   RequestFraming framing)
    : rpc::Answer(connection.memory().out),
      connection_(connection),
      memory_(connection.memory()),
      access_cache_(access_cache),
      head_(head),
      framing_(framing),
      rendered_from_(out().size()),
      body_state_(framing.chunked || framing.content_length != 0 ? BodyState::kUnread
                                                                 : BodyState::kRead),
      close_(!head.keep_alive) {
  memory_.body.clear();
}

bool Exchange::take_body() {
  if (head_.encoded || head_.expect_continue || framing_.chunked) return false;
  const std::string_view pending = memory_.pending();
  if (framing_.content_length > pending.size()) return false;
  const auto bytes = static_cast<std::size_t>(framing_.content_length);
  if (bytes > connection_.thread().settings().body_bytes_max) return false;
  memory_.body.append(pending.substr(0, bytes));
  memory_.take(bytes);
  body_state_ = BodyState::kRead;
  return true;
}

Awaitable<bool> Exchange::read_body() {
  if (head_.encoded) {
    refuse({ErrorCode::kUnsupportedEncoding, "Content-Encoding is not supported", {}});
    co_return false;
  }
  if (framing_.content_length > connection_.thread().settings().body_bytes_max) {
    refuse_and_close(too_large());
    co_return false;
  }
  if (head_.expect_continue && body_state_ == BodyState::kUnread) {
    out().append(kContinue);
    gone_ = !co_await flush(connection_);
    rendered_from_ = 0;
    if (gone_) co_return false;
  }
  bool complete;
  if (framing_.chunked) {
    complete = co_await read_chunked_body();
  } else {
    complete = co_await read_sized_body();
  }
  if (complete) body_state_ = BodyState::kRead;
  connection_.enter(Phase::kServe);
  co_return complete;
}

Awaitable<bool> Exchange::read_sized_body() {
  base::ByteBuffer& body = memory_.body;
  const auto length = static_cast<std::size_t>(framing_.content_length);
  const std::string_view arrived = memory_.pending().substr(0, length);
  body.append(arrived);
  memory_.take(arrived.size());
  while (body.size() < length) {
    const std::size_t piece =
        std::min(std::max(kBodyPieceBytes, body.size()), length - body.size());
    const bool progress = co_await receive(body, piece);
    if (!progress) co_return false;
  }
  co_return true;
}

Awaitable<bool> Exchange::read_chunked_body() {
  ChunkedDecoder decoder(connection_.thread().settings().body_bytes_max);
  for (;;) {
    std::size_t consumed = 0;
    const auto state = decoder.decode(memory_.pending(), consumed, memory_.body);
    memory_.take(consumed);
    switch (state) {
      case ChunkedDecoder::State::kDone:
        co_return true;
      case ChunkedDecoder::State::kMalformed:
        refuse_and_close({ErrorCode::kInvalidRequest, "malformed chunked body", {}});
        co_return false;
      case ChunkedDecoder::State::kTooLarge:
        refuse_and_close(too_large());
        co_return false;
      case ChunkedDecoder::State::kMore:
        break;
    }
    memory_.drop_taken();
    const bool progress = co_await receive(memory_.in, kBodyPieceBytes);
    if (!progress) co_return false;
  }
}

/// Reads on within the body; answers 408 when it stalls.
Awaitable<bool> Exchange::receive(base::ByteBuffer& to, std::size_t bytes_max) {
  if (!out().empty()) {
    gone_ = !co_await flush(connection_);
    rendered_from_ = 0;
    if (gone_) co_return false;
  }
  connection_.enter(Phase::kBody);
  const auto end = co_await connection_.read(to, bytes_max);
  if (end == Connection::ReadEnd::kBytes) co_return true;
  if (connection_.timed_out() && status_ == 0) {
    refuse_and_close({ErrorCode::kRequestTimeout, "the request body stalled", {}});
  } else {
    gone_ = true;
  }
  co_return false;
}

std::optional<Exchange::Next> Exchange::find_next() {
  const std::string_view pending = memory_.pending();
  FramingGuard guard;
  if (close_ || guard.scan(pending) != FramingGuard::Verdict::kComplete) return {};
  const std::uint64_t length = guard.content_length().value_or(0);
  if (guard.chunked() || length > pending.size() - guard.head_bytes()) return {};
  if (length > connection_.thread().settings().body_bytes_max) return {};
  const auto head = parse_head(pending.substr(0, guard.head_bytes()), memory_.arena);
  if (!head) return {};
  const bool is_plain = head->keep_alive && !head->encoded && !head->expect_continue;
  const bool is_alike = head->http11 == head_.http11 && head->method == head_.method &&
                        head->target.path == head_.target.path &&
                        head->target.query == head_.target.query &&
                        head->authorization == head_.authorization;
  if (!is_plain || !is_alike) return {};
  const auto body_bytes = static_cast<std::size_t>(length);
  return Next{guard.head_bytes() + body_bytes, pending.substr(guard.head_bytes(), body_bytes)};
}

void Exchange::answer(ResponseHead head, std::string_view body) {
  begin_answer();
  out().append(body);
  decide_to_close();
  finish_head(head);
}

void Exchange::refuse(const Error& error, std::string_view allow) {
  begin_answer();
  rpc::append_error(out(), error);
  ResponseHead head;
  head.status = error_row(error.code).http_status;
  head.allow = allow;
  decide_to_close();
  finish_head(head);
}

void Exchange::refuse_and_close(const Error& error) {
  close_ = true;
  refuse(error);
}

void Exchange::begin_answer() {
  place_.reserve(out(), connection_.thread().date());
}

void Exchange::end_answer(int status) {
  if (in_pieces_) {
    status_ = status;
    return;
  }
  decide_to_close();
  finish_head({.status = status});
}

void Exchange::end_answer_before_next(int status) {
  finish_head({.status = status});
  log();
  begin_answer();
}

void Exchange::decide_to_close() {
  if (!is_body_droppable() || connection_.thread().stopping()) close_ = true;
}

void Exchange::finish_head(ResponseHead head) {
  status_ = head.status;
  head.close = close_;
  head.any_origin = any_origin_;
  if (head.status == 204) {
    head.framing = BodyFraming::kNone;
    head.content_type = {};
  }
  place_.fill(out(), head, connection_.thread().date());
  if (head_.is("HEAD")) out().truncate(place_.body_begin());
}

bool Exchange::is_body_droppable() const {
  if (body_state_ == BodyState::kRead) return true;
  return !framing_.chunked && !head_.expect_continue &&
         framing_.content_length <= limits::kDroppedBodyBytesMax;
}

Awaitable<bool> Exchange::send_piece() {
  if (gone_) co_return false;
  const std::string_view earlier =
      in_pieces_ ? std::string_view() : out().view().substr(0, place_.begin());
  const std::string_view piece =
      in_pieces_ ? out().view() : out().view().substr(place_.body_begin());
  base::ByteBuffer before;
  if (!in_pieces_) {
    ResponseHead head;
    head.framing = head_.http11 ? BodyFraming::kChunked : BodyFraming::kClose;
    if (connection_.thread().stopping()) close_ = true;
    head.close = close_;
    head.any_origin = any_origin_;
    append_head(before, head, connection_.thread().date());
  }
  std::string_view after;
  if (head_.http11 && !piece.empty()) {
    char* const at = before.prepare(20);
    char* end = std::to_chars(at, at + 16, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    before.commit(static_cast<std::size_t>(end - at));
    after = "\r\n";
  }
  gone_ = !co_await connection_.send(
      {as_buffer(earlier), as_buffer(before.view()), as_buffer(piece), as_buffer(after)});
  in_pieces_ = true;
  rendered_from_ = 0;
  out().clear();
  co_return !gone_;
}

void Exchange::hand_over(const ResponseHead& head, std::unique_ptr<ConnectionOwner> owner) {
  append_head(out(), head, connection_.thread().date());
  status_ = head.status;
  close_ = true;
  owner_ = std::move(owner);
}

void Exchange::fail() {
  if (in_pieces_) {
    status_ = 500;
    return;
  }
  owner_.reset();
  // With the answers to requests that take_next() took: what became of all of them is unknown.
  out().truncate(std::min(rendered_from_, out().size()));
  refuse_and_close({ErrorCode::kInternalError, "internal error", {}});
}

void Exchange::log() const {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  // Never the query: it may hold a token.
  spdlog::debug("{} {} {}", base::loggable(head_.method), base::loggable(head_.target.path),
                status_);
}

Awaitable<void> Exchange::finish() {
  if (in_pieces_) {
    if (status_ != 200) gone_ = true;
    if (!gone_ && !out().empty()) co_await send_piece();
    if (!gone_ && head_.http11) out().append("0\r\n\r\n");
  }
  if (gone_ || close_ || body_state_ == BodyState::kRead) co_return;
  // What is left is small and announced: is_body_droppable().
  memory_.body.clear();
  const bool complete = co_await read_sized_body();
  if (complete) body_state_ = BodyState::kRead;
}

}  // namespace eventodb::net
