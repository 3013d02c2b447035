#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "auth/authenticator.hpp"
#include "eventodb/store.hpp"
#include "net/router.hpp"
#include "subscription/feed.hpp"

namespace eventodb::net {

/// GET /subscribe (protocol section 4; docs/subscriptions.md for payload=true). Must outlive the
/// server's threads.
class SubscribeEndpoint final : public Endpoint {
 public:
  SubscribeEndpoint(Store& store, const auth::Authenticator& authenticator)
      : store_(store), authenticator_(authenticator) {}
  Awaitable<void> serve(Exchange& exchange) override;

 private:
  Awaitable<void> open(Exchange& exchange, const auth::Access& access);
  subscription::FeedSet& feeds_of_this_thread();

  Store& store_;
  const auth::Authenticator& authenticator_;
  std::mutex mutex_;
  std::unordered_map<base::IoThread*, std::unique_ptr<subscription::FeedSet>> feeds_;  // mutex_
};

}  // namespace eventodb::net
