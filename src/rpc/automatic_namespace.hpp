#pragma once

#include "auth/access.hpp"
#include "eventodb/store.hpp"

namespace eventodb::rpc {

/// Test mode: makes the namespace of a token that names none yet (protocol 2.6). Of two that race
/// to make it, the second gets what the first made. Fails with kInvalidRequest when the id cannot
/// be one, kNamespaceNotFound when a third deleted it at once, kBackendError. REQUIRES: access.ns
/// is null.
Awaitable<Result<NamespaceHandle>> create_automatically(Store& store, const auth::Access& access);

}  // namespace eventodb::rpc
