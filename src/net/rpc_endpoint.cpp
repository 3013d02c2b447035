#include "net/rpc_endpoint.hpp"

#include "net/authorize.hpp"
#include "net/exchange.hpp"

namespace eventodb::net {
namespace {

/// A browser asking whether a page may call /rpc. Carries no credentials by definition.
bool is_preflight(const RequestHead& head) {
  return head.is("OPTIONS") && !head.origin.empty() && !head.requested_method.empty();
}

void answer_preflight(Exchange& exchange) {
  ResponseHead head;
  head.status = 204;
  head.extra_fields =
      "Access-Control-Allow-Methods: POST\r\n"
      "Access-Control-Allow-Headers: Authorization, Content-Type\r\n"
      "Access-Control-Max-Age: 86400\r\n";
  exchange.answer(head, {});
}

}  // namespace

Awaitable<void> RpcEndpoint::serve(Exchange& exchange) {
  exchange.allow_any_origin();
  if (is_preflight(exchange.head())) {
    answer_preflight(exchange);
    co_return;
  }
  const auth::Credentials credentials = credentials_of(exchange);
  const auth::Access* access = exchange.access_cache().find(credentials);
  if (access == nullptr) access = co_await authorize(exchange, authenticator_, credentials);
  if (access == nullptr) co_return;
  if (!exchange.head().is("POST")) {
    exchange.refuse({ErrorCode::kMethodNotAllowed, "use POST", {}}, "POST, OPTIONS");
    co_return;
  }
  bool complete = exchange.take_body();
  if (!complete) complete = co_await exchange.read_body();
  if (!complete) co_return;
  exchange.begin_answer();
  if (exchange.is_followed() && gather_writes(exchange, *access)) {
    co_await exchange.write_run().commit(*access->ns);
    answer_writes(exchange);
    co_return;
  }
  exchange.end_answer(
      co_await dispatcher_.answer(exchange.body(), *access, exchange.arena(), exchange));
}

bool RpcEndpoint::gather_writes(Exchange& exchange, const auth::Access& access) {
  rpc::WriteRun& run = exchange.write_run();
  run.clear();
  base::Arena& arena = exchange.arena();
  if (!rpc::Dispatcher::add_to_run(exchange.body().view(), access, arena, run)) return false;
  while (!run.is_full()) {
    const auto next = exchange.find_next();
    if (!next || !rpc::Dispatcher::add_to_run(next->body, access, arena, run)) break;
    exchange.take_next(*next);
  }
  return true;
}

void RpcEndpoint::answer_writes(Exchange& exchange) {
  rpc::WriteRun& run = exchange.write_run();
  for (std::size_t i = 0; i < run.size(); ++i) {
    const int status = rpc::Dispatcher::answer_from_run(run, i, exchange.out());
    if (i + 1 < run.size()) {
      exchange.end_answer_before_next(status);
    } else {
      exchange.end_answer(status);
    }
  }
  run.clear();
}

}  // namespace eventodb::net
