#pragma once

#include <string>

#include "auth/access.hpp"
#include "base/memory_figures.hpp"

namespace eventodb::auth {

/// The last authentication of one connection. Clients repeat their token with every request, so
/// the common case is one comparison of bytes (constant time) and no look-up or hash.
class AccessCache {
 public:
  AccessCache();
  ~AccessCache();
  AccessCache(const AccessCache&) = delete;
  AccessCache& operator=(const AccessCache&) = delete;

  /// The Access of the same credentials as last time, or nullptr when they differ or no longer
  /// hold (the namespace was deleted or its token rotated, or it did not exist yet).
  const Access* find(Credentials credentials) const {
    const Access* access = holds(credentials) ? &access_ : nullptr;
    base::count_memory_use(base::MemoryKind::kAccessCaches, access != nullptr);
    return access;
  }
  /// Remembers and returns it; ends what find() returned before.
  const Access& remember(Credentials credentials, Access access);

 private:
  bool holds(Credentials credentials) const;

  std::string query_token_;
  std::string authorization_;
  Access access_;  // ns is null until the first remember()
};

}  // namespace eventodb::auth
