#pragma once

#include "base/byte_buffer.hpp"
#include "eventodb/store.hpp"

namespace eventodb::rpc {

/// Where an answer is rendered. net implements it over a socket, tests over a buffer.
class Answer {
 public:
  explicit Answer(base::ByteBuffer& out) : out_(out) {}

  /// The body of the answer, appended to. May already hold earlier pipelined answers.
  base::ByteBuffer& out() { return out_; }

  /// Sends what is in out() as one piece of a chunked answer with status 200 and empties it; for
  /// reads that grew past limits::kResponsePieceBytes. False when the client is gone: stop.
  virtual Awaitable<bool> send_piece() = 0;

 protected:
  ~Answer() = default;

 private:
  base::ByteBuffer& out_;
};

}  // namespace eventodb::rpc
