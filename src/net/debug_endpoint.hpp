#pragma once

#include <string>
#include <string_view>

#include "auth/authenticator.hpp"
#include "net/debug_worker.hpp"
#include "net/router.hpp"

namespace eventodb::net {

/// Everything below /debug: for the administrator in auth mode, for anyone in test mode
/// (protocol 1.1). Shows no secrets.
class DebugEndpoint final : public Endpoint {
 public:
  explicit DebugEndpoint(const auth::Authenticator& authenticator)
      : authenticator_(authenticator) {}
  Awaitable<void> serve(Exchange& exchange) override;

 private:
  struct Page;

  static const Page* find_page(std::string_view path);
  static std::string index_html();
  Awaitable<void> serve_page(Exchange& exchange, const Page& page);
  Awaitable<void> serve_symbols(Exchange& exchange);

  const auth::Authenticator& authenticator_;
  DebugWorker worker_;
};

}  // namespace eventodb::net
