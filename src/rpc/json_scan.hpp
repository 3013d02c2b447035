#pragma once

#include "base/json_special.hpp"

/// What the strict validator and the cursor share: stepping over the bytes of JSON text.
namespace eventodb::rpc {

inline bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline const char* skip_json_space(const char* at, const char* end) {
  while (at != end && is_json_space(*at)) ++at;
  return at;
}

using base::find_json_special;

}  // namespace eventodb::rpc
