#pragma once

#include <string>

#include "auth/access.hpp"

namespace eventodb::auth {

/// Decides who a request is (protocol 2.4-2.6). One per server; any I/O thread.
class Authenticator {
 public:
  Authenticator(Store& store, bool test_mode) : store_(store), test_mode_(test_mode) {}

  /// Fails with kAuthRequired, kAuthInvalidToken, kAuthUnauthorized, kBackendError.
  Awaitable<Result<Access>> authenticate(Credentials credentials) const;

  bool test_mode() const { return test_mode_; }

 private:
  Store& store_;
  bool test_mode_;
};

/// The last authentication of one connection. Clients repeat their token with every request, so
/// the common case is one comparison of bytes (constant time) and no look-up or hash.
class AccessCache {
 public:
  /// The Access of the same credentials as last time, or nullptr when they differ or no longer
  /// hold (the namespace was deleted or its token rotated, or it did not exist yet).
  const Access* find(Credentials credentials) const;
  /// Remembers and returns it.
  const Access& remember(Credentials credentials, Access access);

 private:
  std::string query_token_;
  std::string authorization_;
  Access access_;
  bool filled_ = false;
};

}  // namespace eventodb::auth
