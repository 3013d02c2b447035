#include "net/status_endpoints.hpp"

#include <string>

#include "base/version.hpp"
#include "net/exchange.hpp"

namespace eventodb::net {
namespace {

/// Refuses what is neither GET nor HEAD.
bool is_read(Exchange& exchange) {
  if (exchange.head().is("GET") || exchange.head().is("HEAD")) return true;
  exchange.refuse({ErrorCode::kMethodNotAllowed, "use GET", {}}, "GET, HEAD");
  return false;
}

}  // namespace

Awaitable<void> HealthEndpoint::serve(Exchange& exchange) {
  if (!is_read(exchange)) co_return;
  if (store_.is_writable()) {
    exchange.answer({}, R"({"status":"ok"})");
  } else {
    ResponseHead head;
    head.status = 503;
    exchange.answer(head, R"({"status":"read-only"})");
  }
}

Awaitable<void> VersionEndpoint::serve(Exchange& exchange) {
  if (!is_read(exchange)) co_return;
  exchange.answer({}, std::string(R"({"version":")") + base::kVersion + R"("})");
}

}  // namespace eventodb::net
