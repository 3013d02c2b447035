#pragma once

#include <functional>

#include "auth/authenticator.hpp"
#include "net/debug_worker.hpp"
#include "net/router.hpp"

namespace eventodb::net {

struct DebugPage;

/// Everything below /debug: for the administrator in auth mode, for anyone in test mode
/// (protocol 1.1). Shows no secrets.
class DebugEndpoint final : public Endpoint {
 public:
  explicit DebugEndpoint(const auth::Authenticator& authenticator)
      : authenticator_(authenticator) {}
  Awaitable<void> serve(Exchange& exchange) override;

 private:
  Awaitable<void> serve_page(Exchange& exchange, const DebugPage& page);
  Awaitable<void> serve_cpu_profile(Exchange& exchange);
  Awaitable<void> serve_symbols(Exchange& exchange);
  Awaitable<bool> run(Exchange& exchange, const std::function<void()>& work);

  const auth::Authenticator& authenticator_;
  DebugWorker worker_;
};

}  // namespace eventodb::net
