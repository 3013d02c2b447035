#pragma once

#include <string_view>

#include "base/arena.hpp"
#include "eventodb/error.hpp"
#include "net/request_target.hpp"

namespace eventodb::net {

/// What we read of a request's head. Views into the head or the arena.
struct RequestHead {
  std::string_view method;
  RequestTarget target;
  bool http11 = true;
  bool keep_alive = true;        ///< the client lets the connection live
  bool expect_continue = false;  ///< it waits for "100 Continue" before it sends the body
  bool encoded = false;          ///< Content-Encoding other than identity
  // Header fields; the first of a name counts; "" when absent.
  std::string_view authorization;
  std::string_view origin;
  std::string_view requested_method;  ///< Access-Control-Request-Method
  std::string_view last_event_id;

  bool is(std::string_view wanted) const { return method == wanted; }
};

/// Parses a complete head that a FramingGuard has passed. Fails with kInvalidRequest.
Result<RequestHead> parse_head(std::string_view head, base::Arena& arena);

}  // namespace eventodb::net
