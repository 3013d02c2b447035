#include "net/subscribe_endpoint.hpp"

#include <utility>

#include "base/io_thread.hpp"
#include "net/authorize.hpp"
#include "net/event_stream.hpp"
#include "net/exchange.hpp"
#include "rpc/automatic_namespace.hpp"
#include "subscription/request.hpp"

namespace eventodb::net {
namespace {

using subscription::Framing;

void refuse_as_text(Exchange& exchange, const Error& error) {
  ResponseHead head;
  head.status = error_row(error.code).http_status;
  head.content_type = "text/plain; charset=utf-8";
  exchange.answer(head, error.message);
}

ResponseHead stream_head(const RequestHead& request) {
  const bool keep_alive = request.http11 && request.keep_alive;
  ResponseHead head;
  head.content_type = "text/event-stream";
  head.framing = request.http11 ? BodyFraming::kChunked : BodyFraming::kClose;
  head.any_origin = true;
  head.close = !keep_alive;
  head.extra_fields = keep_alive ? "Cache-Control: no-cache\r\nConnection: keep-alive\r\n"
                                   "X-Accel-Buffering: no\r\n"
                                 : "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n";
  return head;
}

}  // namespace

Awaitable<void> SubscribeEndpoint::serve(Exchange& exchange) {
  exchange.allow_any_origin();
  const auth::Access* access =
      co_await authorize(exchange, authenticator_, credentials_of(exchange));
  if (access == nullptr) co_return;
  if (!exchange.head().is("GET")) {
    exchange.refuse({ErrorCode::kMethodNotAllowed, "use GET", {}}, "GET");
    co_return;
  }
  co_await open(exchange, *access);
}

Awaitable<void> SubscribeEndpoint::open(Exchange& exchange, const auth::Access& access) {
  const RequestHead& head = exchange.head();
  auto request = subscription::make_request(subscription::parse_parameters(head.target.query),
                                            head.last_event_id);
  if (!request) {
    refuse_as_text(exchange, request.error());
    co_return;
  }
  NamespaceHandle ns = access.ns;
  if (ns == nullptr) {
    // Test mode; what is written later must find its way here (protocol 2.6).
    auto made = co_await rpc::create_automatically(store_, access);
    if (!made) {
      exchange.refuse(made.error());
      co_return;
    }
    ns = std::move(*made);
  }
  const Framing framing = head.http11 ? Framing::kChunked : Framing::kPlain;
  auto stream = std::make_unique<EventStream>(feeds_of_this_thread().open(std::move(ns)),
                                              std::move(*request), framing);
  const auto started = co_await stream->start();
  if (!started) {
    exchange.refuse(started.error());
    co_return;
  }
  exchange.hand_over(stream_head(head), std::move(stream));
  subscription::append_comment(exchange.out(), "ready", framing);
}

subscription::FeedSet& SubscribeEndpoint::feeds_of_this_thread() {
  base::IoThread& thread = base::IoThread::current();
  const std::lock_guard lock(mutex_);
  auto& feeds = feeds_[&thread];
  if (feeds == nullptr) feeds = std::make_unique<subscription::FeedSet>(thread);
  return *feeds;
}

}  // namespace eventodb::net
