#pragma once

#include <string_view>
#include <vector>

#include "eventodb/store.hpp"

namespace eventodb::net {

class Exchange;

/// What answers the requests of one path. One object serves all connections, on any I/O thread.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// Serves one request: exactly one answer, or the connection closes. An endpoint that keeps the
  /// connection for itself (an event stream) hands it over to a ConnectionOwner.
  virtual Awaitable<void> serve(Exchange& exchange) = 0;
};

/// Which endpoint a path belongs to. Filled before the server starts, read by all threads after.
class Router {
 public:
  /// Exactly this path.
  void add(std::string_view path, Endpoint& endpoint) { rows_.push_back({path, false, &endpoint}); }
  /// This path and everything below it. REQUIRES: no trailing slash.
  void add_tree(std::string_view path, Endpoint& endpoint) {
    rows_.push_back({path, true, &endpoint});
  }

  /// `path` is normalized (request_target.hpp). nullptr: nothing there.
  Endpoint* find(std::string_view path) const;

 private:
  struct Row {
    std::string_view path;  // a literal
    bool tree;
    Endpoint* endpoint;
  };
  std::vector<Row> rows_;
};

}  // namespace eventodb::net
