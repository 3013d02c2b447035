#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "auth/access_cache.hpp"
#include "base/arena.hpp"
#include "base/byte_buffer.hpp"
#include "eventodb/error.hpp"
#include "net/connection.hpp"
#include "net/request_head.hpp"
#include "net/response_head.hpp"
#include "rpc/answer.hpp"
#include "rpc/write_run.hpp"

namespace eventodb::net {

/// How the body of a request is delimited.
struct RequestFraming {
  bool chunked = false;
  std::uint64_t content_length = 0;  ///< 0 when absent or chunked
};

/// What keeps a connection for itself after the request that asked for it: an event stream.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// Reads and writes the connection, which closes when this returns. It has no memory() meanwhile.
  virtual Awaitable<void> run(Connection& connection) = 0;
};

/// One request and its answer, as an endpoint sees them. Lives from the complete head until the
/// answer is rendered; answers gather in the connection's output and are sent by the session.
///
/// An endpoint gives exactly one answer: answer(), refuse(), or begin_answer() ... end_answer();
/// or hand_over().
class Exchange final : public rpc::Answer {
 public:
  Exchange(Connection& connection, auth::AccessCache& access_cache, const RequestHead& head,
           RequestFraming framing);

  const RequestHead& head() const { return head_; }
  base::Arena& arena() { return memory_.arena; }
  auth::AccessCache& access_cache() { return access_cache_; }

  // --- the request's body ---
  /// Takes the body if all of it has arrived and nothing speaks against it; else read_body() must
  /// be awaited. This is the way without a coroutine, for the usual small request.
  bool take_body();
  /// Sends "100 Continue" if asked to and reads the body. False: the request has been refused (too
  /// large, encoded, malformed, stalled) or the client is gone; return.
  Awaitable<bool> read_body();
  /// REQUIRES: take_body() or read_body() returned true.
  const base::ByteBuffer& body() const { return memory_.body; }

  // --- pipelined requests ---
  /// Something has arrived behind this request. REQUIRES: body() is there.
  bool is_followed() const { return !memory_.pending().empty(); }
  /// A request behind this one that has arrived whole and has the same method, target and
  /// credentials; its body is sized. Views into what was received, which has
  /// base::ByteBuffer::kPadding readable bytes behind it.
  struct Next {
    std::size_t bytes;
    std::string_view body;
  };
  /// REQUIRES: body() is there. nullopt: there is none, or the session must look at it.
  std::optional<Next> find_next();
  /// This exchange answers that one too, behind its own answer. Its body stays where it is as long
  /// as the exchange.
  void take_next(const Next& next) { memory_.take(next.bytes); }
  /// Gathers such requests; emptied with the exchange.
  rpc::WriteRun& write_run() { return memory_.write_run; }

  // --- the answer ---
  /// Lets pages of any origin read the answer (protocol D57).
  void allow_any_origin() { any_origin_ = true; }
  /// Renders a whole answer.
  void answer(ResponseHead head, std::string_view body);
  /// Renders `error` as JSON with its status. `allow`: value of the Allow header for 405.
  void refuse(const Error& error, std::string_view allow = {});
  /// The same, then the connection closes: where the next request begins is unknown.
  void refuse_and_close(const Error& error);
  /// The body of a JSON answer follows: append it to out().
  void begin_answer();
  /// The body is complete. If send_piece() was called, any status but 200 cuts the connection.
  void end_answer(int status);
  /// The same, and the answer to a request that take_next() took follows.
  void end_answer_before_next(int status);
  Awaitable<bool> send_piece() override;

  // --- for an endpoint that keeps the connection ---
  /// Renders the head of an endless answer; append the beginning of its body to out(). Once that
  /// has been sent and this exchange is gone, `owner` runs with the connection.
  void hand_over(const ResponseHead& head, std::unique_ptr<ConnectionOwner> owner);
  Connection& connection() { return connection_; }

  // --- for the session ---
  std::unique_ptr<ConnectionOwner> take_owner() { return std::move(owner_); }
  /// Forgets what was rendered after an exception and answers 500, or cuts the connection.
  void fail();
  /// Whether finish() has anything to do.
  bool needs_finish() const { return in_pieces_ || body_state_ == BodyState::kUnread; }
  /// Ends an answer in pieces; reads and drops a body nobody wanted.
  Awaitable<void> finish();
  /// No further request on this connection.
  bool closes() const { return close_; }
  /// The client is gone or must be cut off: nothing rendered is to be sent.
  bool gone() const { return gone_; }
  /// The client may still be sending.
  bool needs_linger() const { return body_state_ == BodyState::kUnread; }
  int status() const { return status_; }
  /// A line per answer, at level debug.
  void log() const;

 private:
  enum class BodyState : std::uint8_t { kUnread, kRead };

  Awaitable<bool> read_sized_body();
  Awaitable<bool> read_chunked_body();
  Awaitable<bool> receive(base::ByteBuffer& to, std::size_t bytes_max);
  bool is_body_droppable() const;
  void decide_to_close();
  void finish_head(ResponseHead head);

  Connection& connection_;
  RequestMemory& memory_;
  auth::AccessCache& access_cache_;
  const RequestHead& head_;
  RequestFraming framing_;
  HeadPlace place_;
  std::unique_ptr<ConnectionOwner> owner_;
  std::size_t rendered_from_;  // where this exchange's bytes begin in out()
  int status_ = 0;
  BodyState body_state_;
  bool close_;
  bool gone_ = false;
  bool in_pieces_ = false;
  bool any_origin_ = false;
};

/// Sends what is gathered in memory().out and empties it. False: the client is gone.
Awaitable<bool> flush(Connection& connection);

}  // namespace eventodb::net
