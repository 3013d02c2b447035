#pragma once

#include <memory>
#include <vector>

#include "auth/authenticator.hpp"
#include "eventodb/store.hpp"
#include "net/router.hpp"
#include "rpc/dispatcher.hpp"

namespace eventodb::net {

/// The endpoints of the service port (protocol 1.1), ready for a Server.
class ServiceEndpoints {
 public:
  struct Parts {
    Store& store;
    const auth::Authenticator& authenticator;
    const rpc::Dispatcher& dispatcher;
  };

  /// The parts must outlive this object.
  explicit ServiceEndpoints(Parts parts);
  ~ServiceEndpoints();

  const Router& router() const { return router_; }

 private:
  template <class T, class... Arguments>
  Endpoint& own(Arguments&... arguments);

  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  Router router_;
};

}  // namespace eventodb::net
