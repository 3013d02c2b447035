#include "auth/access_cache.hpp"

#include <utility>

#include "base/digest.hpp"

namespace eventodb::auth {

AccessCache::AccessCache() {
  base::hold_memory(base::MemoryKind::kAccessCaches, 1, sizeof(AccessCache));
}

AccessCache::~AccessCache() {
  base::hold_memory(base::MemoryKind::kAccessCaches, -1,
                    -static_cast<std::int64_t>(sizeof(AccessCache)));
}

bool AccessCache::holds(Credentials credentials) const {
  if (!access_.ns || access_.ns->is_deleted()) return false;
  if (!base::equal_constant_time(credentials.query_token, query_token_) ||
      !base::equal_constant_time(credentials.authorization, authorization_)) {
    return false;
  }
  if (access_.token_compared) {
    const TokenHash now = access_.ns->token_hash();
    const TokenHash& then = access_.presented_hash;
    if (!base::equal_constant_time({now.data(), now.size()}, {then.data(), then.size()})) {
      return false;
    }
  }
  return true;
}

const Access& AccessCache::remember(Credentials credentials, Access access) {
  query_token_ = credentials.query_token;
  authorization_ = credentials.authorization;
  access_ = std::move(access);
  return access_;
}

}  // namespace eventodb::auth
