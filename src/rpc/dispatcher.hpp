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

  /// Renders the answer into `answer` and returns its HTTP status (200, 204, 4xx, 5xx). `body` must
  /// stay untouched and `arena` must not be reset until this completes. Never throws.
  Awaitable<int> answer(base::ByteBuffer& body, const auth::Access& access, base::Arena& arena,
                        Answer& answer) const;

 private:
  Store& store_;
  Options options_;
};

}  // namespace eventodb::rpc
