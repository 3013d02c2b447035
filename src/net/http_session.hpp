#pragma once

#include <memory>

#include "net/connection.hpp"

namespace eventodb::net {

/// Answers the requests of one connection until it closes. Never throws.
Awaitable<void> serve_connection(std::unique_ptr<Connection> connection);

/// Answers 503 without waiting for a request, then closes: there are too many connections.
Awaitable<void> refuse_connection(std::unique_ptr<Connection> connection);

}  // namespace eventodb::net
