#include "net/authorize.hpp"

#include <utility>

namespace eventodb::net {

auth::Credentials credentials_of(Exchange& exchange) {
  const RequestHead& head = exchange.head();
  return {query_parameter(head.target.query, "token", exchange.arena()), head.authorization};
}

Awaitable<const auth::Access*> authorize(Exchange& exchange,
                                         const auth::Authenticator& authenticator,
                                         auth::Credentials credentials) {
  if (const auth::Access* known = exchange.access_cache().find(credentials)) co_return known;
  auto access = co_await authenticator.authenticate(credentials);
  if (!access) {
    exchange.refuse(access.error());
    co_return nullptr;
  }
  co_return &exchange.access_cache().remember(credentials, std::move(*access));
}

Awaitable<bool> authorize_administrator(Exchange& exchange,
                                        const auth::Authenticator& authenticator) {
  const auth::Access* access =
      co_await authorize(exchange, authenticator, credentials_of(exchange));
  if (access == nullptr) co_return false;
  if (access->administrator) co_return true;
  exchange.refuse({ErrorCode::kAuthUnauthorized, "only the default namespace's token may do this",
                   RefusedNamespace{access->namespace_id}});
  co_return false;
}

}  // namespace eventodb::net
