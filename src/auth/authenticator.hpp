#pragma once

#include <string_view>

#include "auth/access.hpp"

namespace eventodb::auth {

/// Decides who a request is (protocol 2.4-2.6). One per server; any I/O thread.
class Authenticator {
 public:
  Authenticator(Store& store, bool test_mode) : store_(store), test_mode_(test_mode) {}

  /// Fails with kAuthRequired, kAuthInvalidToken, kAuthUnauthorized, kBackendError. An unknown
  /// namespace and a wrong token cost the same work and get the same answer.
  Awaitable<Result<Access>> authenticate(Credentials credentials) const;

  bool test_mode() const { return test_mode_; }

 private:
  Awaitable<Result<Access>> compare(std::string_view token) const;
  Awaitable<Result<Access>> admit_to_test_mode(std::string_view token) const;

  Store& store_;
  bool test_mode_;
};

}  // namespace eventodb::auth
