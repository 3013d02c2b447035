#pragma once

#include <string_view>

#include "auth/authenticator.hpp"
#include "net/exchange.hpp"

namespace eventodb::net {

/// Where a request says who it is (protocol 2.4). Views into the request.
auth::Credentials credentials_of(Exchange& exchange);

/// Who the request is, remembered for the connection. nullptr: the request has been refused.
/// Endpoints ask exchange.access_cache() first, which spares the usual request a coroutine.
Awaitable<const auth::Access*> authorize(Exchange& exchange,
                                         const auth::Authenticator& authenticator,
                                         auth::Credentials credentials);

/// The same for what only the administrator may do.
Awaitable<bool> authorize_administrator(Exchange& exchange,
                                        const auth::Authenticator& authenticator);

}  // namespace eventodb::net
