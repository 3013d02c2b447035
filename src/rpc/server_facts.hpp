#pragma once

#include <atomic>
#include <cstdint>

namespace eventodb::rpc {

/// What methods know of the server around them.
struct ServerFacts {
  bool test_mode = false;
  const std::atomic<std::int64_t>* connections = nullptr;  ///< for sys.health; may be null
};

}  // namespace eventodb::rpc
