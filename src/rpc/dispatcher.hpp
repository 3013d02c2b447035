#pragma once

#include <atomic>
#include <cstdint>

#include "auth/access.hpp"
#include "base/arena.hpp"
#include "base/byte_buffer.hpp"
#include "eventodb/store.hpp"
#include "rpc/answer.hpp"

namespace eventodb::rpc {

/// Turns the body of one POST /rpc into its answer: the array form of protocol 1.4, JSON-RPC 2.0
/// and its batches. One per server; any I/O thread.
class Dispatcher {
 public:
  struct Options {
    bool test_mode = false;
    const std::atomic<std::int64_t>* connections = nullptr;  ///< for sys.health; may be null
  };
  Dispatcher(Store& store, Options options);

  /// Appends the answer's body to answer.out() and returns its HTTP status (200, 204 without a body,
  /// 4xx, 5xx). After answer.send_piece() was called only 200 completes the answer; any other status
  /// then means that it broke off: end the connection without the last chunk.
  /// Nobody else may touch `body` or reset `arena` until this completes; it may rewrite `body` in
  /// place. `access` and `answer` must outlive it. Never throws.
  Awaitable<int> answer(base::ByteBuffer& body, const auth::Access& access, base::Arena& arena,
                        Answer& answer) const;

 private:
  Store& store_;
  Options options_;
};

}  // namespace eventodb::rpc
