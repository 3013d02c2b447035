#pragma once

#include "auth/authenticator.hpp"
#include "net/router.hpp"
#include "rpc/dispatcher.hpp"

namespace eventodb::net {

/// POST /rpc: credentials, then the method, then the body to the dispatcher (protocol 1.4).
class RpcEndpoint final : public Endpoint {
 public:
  RpcEndpoint(const auth::Authenticator& authenticator, const rpc::Dispatcher& dispatcher)
      : authenticator_(authenticator), dispatcher_(dispatcher) {}

  Awaitable<void> serve(Exchange& exchange) override;

 private:
  /// Takes the write and those that have arrived behind it. False: it is none; nothing has
  /// happened.
  static bool gather_writes(Exchange& exchange, const auth::Access& access);
  static void answer_writes(Exchange& exchange);

  const auth::Authenticator& authenticator_;
  const rpc::Dispatcher& dispatcher_;
};

}  // namespace eventodb::net
