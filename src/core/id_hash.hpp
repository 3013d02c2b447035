#pragma once

#include <cstddef>
#include <string_view>

#include "base/hash64.hpp"
#include "eventodb/message.hpp"

namespace eventodb {

/// For tables of message ids, which clients choose.
struct IdHash {
  using is_avalanching = void;
  std::size_t operator()(const MessageId& id) const {
    return base::KeyedHash()({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
};

}  // namespace eventodb
