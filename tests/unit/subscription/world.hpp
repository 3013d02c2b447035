#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/io_thread.hpp"
#include "base/spawn.hpp"
#include "eventodb/store.hpp"
#include "store/memory/memory_store.hpp"
#include "subscription/feed.hpp"
#include "subscription/subscription.hpp"
#include "support/event_parser.hpp"
#include "unit/subscription/detour_namespace.hpp"

namespace eventodb::subscription {

/// A memory store with one namespace and the I/O thread its subscribers live on: the one that calls
/// run().
class World {
 public:
  explicit World(Pace& pace = Pace::usual()) : feeds(io, pace) {
    run([](World& world) -> Awaitable<void> {
      NewNamespace wanted;
      wanted.id = "test";
      auto made = co_await world.store->create_namespace(wanted);
      world.ns = std::make_shared<DetourNamespace>(made.value());
    });
  }

  /// Runs `body(*this)` and everything it started to the end. Exceptions come through.
  template <class Body>
  void run(Body body) {
    std::exception_ptr thrown;
    base::spawn(io.context(), body(*this),
                [&](std::exception_ptr exception) { thrown = exception; });
    io.run();
    io.context().restart();
    if (thrown) std::rethrow_exception(thrown);
  }

  Awaitable<WrittenMessage> write(std::string_view stream, std::string_view data = "{}") {
    NewMessage message;
    message.stream = stream;
    message.type = "Happened";
    message.data = data;
    WrittenMessage written;
    (co_await ns->append({&message, 1}, {&written, 1})).value();
    co_return written;
  }
  Awaitable<void> write_many(std::string_view stream, int count) {
    for (int i = 0; i < count; ++i) co_await write(stream);
  }

  base::IoThread io;
  FeedSet feeds;
  std::unique_ptr<Store> store = store::make_memory_store();
  std::shared_ptr<DetourNamespace> ns;
};

/// A subscription and what came of it.
class Subscriber {
 public:
  Subscriber(World& world, std::string_view query, std::string_view last_event_id = {},
             Framing framing = Framing::kPlain)
      : subscription(world.feeds.open(world.ns),
                     make_request(parse_parameters(query), last_event_id).value(), framing) {}

  /// Waits for the next event; nullopt at the end.
  Awaitable<std::optional<test::Event>> next() {
    while (parser.events_waiting() == 0) {
      const std::string_view bytes = co_await subscription.next();
      if (bytes.empty()) co_return std::nullopt;
      parser.feed(bytes);
    }
    co_return parser.take();
  }

  /// The next `count` events as "stream@position stream@position"; the end is "end".
  Awaitable<std::string> list(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const auto event = co_await next();
      if (!text.empty()) text += ' ';
      text += event ? event->stream + '@' + std::to_string(event->position) : "end";
      if (!event) break;
    }
    co_return text;
  }

  Subscription subscription;
  test::EventParser parser;
};

/// One started subscriber.
inline Awaitable<std::unique_ptr<Subscriber>> subscribe(World& world, std::string query,
                                                        std::string last_event_id = {}) {
  auto subscriber = std::make_unique<Subscriber>(world, query, last_event_id);
  (co_await subscriber->subscription.start()).value();
  co_return subscriber;
}

/// Writes to `stream` and reads until every subscriber has caught up and seen the same.
inline Awaitable<void> make_all_live(World& world, std::string stream,
                                     std::vector<Subscriber*> subscribers) {
  const auto is_live = [](Subscriber* each) { return each->subscription.is_live(); };
  do {
    const WrittenMessage written = co_await world.write(stream);
    for (Subscriber* subscriber : subscribers) {
      std::int64_t seen = 0;
      while (seen < written.global_position.value) {
        seen = (co_await subscriber->next())->global_position;
      }
    }
  } while (!std::ranges::all_of(subscribers, is_live));
}
template <class... Subscribers>
Awaitable<void> make_live(World& world, std::string stream, const Subscribers&... subscribers) {
  return make_all_live(world, std::move(stream), std::vector<Subscriber*>{subscribers.get()...});
}

}  // namespace eventodb::subscription
