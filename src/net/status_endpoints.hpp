#pragma once

#include "eventodb/store.hpp"
#include "net/router.hpp"

namespace eventodb::net {

/// GET and HEAD /health: 200 while the server does all of its work, 503 when the store takes no
/// more writes. Never looks at credentials.
class HealthEndpoint final : public Endpoint {
 public:
  explicit HealthEndpoint(const Store& store) : store_(store) {}
  Awaitable<void> serve(Exchange& exchange) override;

 private:
  const Store& store_;
};

/// GET and HEAD /version. Never looks at credentials.
class VersionEndpoint final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange& exchange) override;
};

}  // namespace eventodb::net
