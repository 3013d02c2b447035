#include "net/service_endpoints.hpp"

#include "net/debug_endpoint.hpp"
#include "net/rpc_endpoint.hpp"
#include "net/status_endpoints.hpp"
#include "net/subscribe_endpoint.hpp"

namespace eventodb::net {

template <class T, class... Arguments>
Endpoint& ServiceEndpoints::own(Arguments&... arguments) {
  endpoints_.push_back(std::make_unique<T>(arguments...));
  return *endpoints_.back();
}

ServiceEndpoints::ServiceEndpoints(Parts parts) {
  router_.add("/rpc", own<RpcEndpoint>(parts.authenticator, parts.dispatcher));
  router_.add("/subscribe", own<SubscribeEndpoint>(parts.store, parts.authenticator));
  router_.add("/health", own<HealthEndpoint>(parts.store));
  router_.add("/version", own<VersionEndpoint>());
  router_.add_tree("/debug", own<DebugEndpoint>(parts.authenticator));
}

ServiceEndpoints::~ServiceEndpoints() = default;

}  // namespace eventodb::net
