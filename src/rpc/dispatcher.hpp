#pragma once

#include <string_view>

#include "auth/access.hpp"
#include "base/arena.hpp"
#include "base/byte_buffer.hpp"
#include "eventodb/store.hpp"
#include "rpc/answer.hpp"
#include "rpc/server_facts.hpp"
#include "rpc/write_run.hpp"

namespace eventodb::rpc {

/// Turns the body of one POST /rpc into its answer: the array form of protocol 1.4, JSON-RPC 2.0
/// and its batches (docs/json-rpc.md). One per server; any I/O thread.
class Dispatcher {
 public:
  using Options = ServerFacts;
  Dispatcher(Store& store, Options options) : store_(store), options_(options) {}

  /// Appends the answer's body to answer.out() and returns its HTTP status (200, 204 without a
  /// body, 4xx, 5xx). After answer.send_piece() was called only 200 completes the answer; any other
  /// status then means that it broke off: end the connection without the last chunk. Nobody else
  /// may touch `body` or reset `arena` until this completes. `access` and `answer` must outlive
  /// it. Never throws.
  Awaitable<int> answer(const base::ByteBuffer& body, const auth::Access& access,
                        base::Arena& arena, Answer& answer) const;

  /// The other way, for requests that wait behind each other: takes a call of the array form that
  /// appends into `run`. False: nothing happened; answer() it, behind those in `run`. `body` has
  /// base::ByteBuffer::kPadding readable bytes behind it, and stays where it is until run.clear().
  /// Between: commit the run in access.ns. Never throws.
  static bool add_to_run(std::string_view body, const auth::Access& access, base::Arena& arena,
                         WriteRun& run);
  /// Appends the answer's body for the call of a committed run; returns its HTTP status.
  static int answer_from_run(WriteRun& run, std::size_t call, base::ByteBuffer& out);

 private:
  Store& store_;
  Options options_;
};

}  // namespace eventodb::rpc
