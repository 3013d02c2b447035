#pragma once

#include <string>
#include <string_view>

#include "wire/rpc/rpc_fixture.hpp"
#include "wire/subscription/event_source.hpp"

namespace eventodb::test {

/// A namespace of the test's own on every backend, and subscriptions to it.
class SubscriptionFixture : public EveryBackend {
 protected:
  EventSource subscribe(std::string_view query, std::string last_event_id = {}) const {
    return EventSource(port_, query, {token_, std::move(last_event_id), 0});
  }
  /// The answer to GET /subscribe?query, whatever it is.
  HttpResponse get(std::string_view query) const {
    return HttpClient(port_).request("GET", "/subscribe?" + std::string(query), {},
                                     {{"Authorization", "Bearer " + token_}});
  }
  void write(std::string_view stream) { own_.write(stream); }
  void write_many(std::string_view stream, int count) {
    pipeline_writes(port_, token_, stream, count);
  }

  /// Writes over connections of its own without waiting for each answer.
  static void pipeline_writes(std::uint16_t port, const std::string& token, std::string_view stream,
                              int count);
};

}  // namespace eventodb::test
