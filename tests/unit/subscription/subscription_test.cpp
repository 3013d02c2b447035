#include "subscription/subscription.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "eventodb/limits.hpp"
#include "unit/subscription/world.hpp"

namespace eventodb::subscription {
namespace {

/// With false reads finish at once, as a memory store's do; with true they let others run first.
class SubscriptionTest : public testing::TestWithParam<bool> {
 protected:
  SubscriptionTest() {
    if (GetParam()) shared.ns->detour = yield;
  }

  World shared;
};

INSTANTIATE_TEST_SUITE_P(Reads, SubscriptionTest, testing::Bool(),
                         [](const auto& reads) { return reads.param ? "Suspend" : "Immediate"; });

TEST_P(SubscriptionTest, StreamFromPositionThenLive) {
  shared.run([](World& world) -> Awaitable<void> {
    co_await world.write_many("account-1", 5);
    co_await world.write("account-2");
    const auto subscriber = co_await subscribe(world, "stream=account-1&position=3");
    EXPECT_EQ(co_await subscriber->list(2), "account-1@3 account-1@4");
    co_await world.write("account-2");
    co_await world.write_many("account-1", 2);
    EXPECT_EQ(co_await subscriber->list(2), "account-1@5 account-1@6");
  });
}

TEST_P(SubscriptionTest, CategoryFromGlobalPositionThenLive) {
  shared.run([](World& world) -> Awaitable<void> {
    co_await world.write("account-1");     // 1
    co_await world.write("accountLog-1");  // 2
    co_await world.write("account-2");     // 3
    co_await world.write("account");       // 4
    const auto subscriber = co_await subscribe(world, "category=account&position=3");
    EXPECT_EQ(co_await subscriber->list(2), "account-2@0 account@0");
    co_await world.write("Account-1");
    co_await world.write("account-1+a");
    co_await world.write("account");
    EXPECT_EQ(co_await subscriber->list(2), "account-1+a@0 account@1");
  });
}

TEST_P(SubscriptionTest, AllDeliversOnlyWhatIsWrittenAfterTheStart) {
  shared.run([](World& world) -> Awaitable<void> {
    co_await world.write_many("account-1", 3);
    const auto subscriber = co_await subscribe(world, "all=true&position=0");
    co_await world.write("a-1");
    co_await world.write("b");
    EXPECT_EQ(co_await subscriber->list(2), "a-1@0 b@0");
  });
}

TEST_P(SubscriptionTest, PositionsBeyondTheEndWaitForIt) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto stream = co_await subscribe(world, "stream=a&position=2");
    const auto category = co_await subscribe(world, "category=a&position=3");
    const auto all = co_await subscribe(world, "all=true&position=4");
    co_await world.write_many("a", 5);
    EXPECT_EQ(co_await stream->list(3), "a@2 a@3 a@4");
    EXPECT_EQ(co_await category->list(3), "a@2 a@3 a@4");
    EXPECT_EQ(co_await all->list(2), "a@3 a@4");
  });
}

TEST_P(SubscriptionTest, GroupsShareTheStreamsInCatchUpAndLive) {
  // Members for the cardinal ids 0 to 9 by size (protocol 3.7).
  const std::vector<std::pair<int, std::string>> members = {
      {2, "1010111011"}, {3, "1012002211"}, {4, "1212333231"}};
  shared.run([&](World& world) -> Awaitable<void> {
    const auto write_all = [](World& to) -> Awaitable<void> {
      for (int id = 0; id < 10; ++id) co_await to.write("g-" + std::to_string(id) + "+x");
      co_await to.write("g");  // belongs to nobody
    };
    co_await write_all(world);
    for (const auto& [size, by_id] : members) {
      for (int member = 0; member < size; ++member) {
        std::string expected;
        int count = 0;
        for (std::size_t id = 0; id < 10; ++id) {
          if (by_id[id] - '0' != member) continue;
          expected += (expected.empty() ? "g-" : " g-") + std::to_string(id) + "+x";
          ++count;
        }
        const auto subscriber =
            co_await subscribe(world, "category=g&position=1&consumer=" + std::to_string(member) +
                                          "&size=" + std::to_string(size));
        std::string found;
        for (int i = 0; i < count; ++i) {
          const auto event = co_await subscriber->next();
          found += (found.empty() ? "" : " ") + event->stream;
        }
        EXPECT_EQ(found, expected) << member << " of " << size;
      }
    }
  });
}

TEST_P(SubscriptionTest, LiveGroupsFilterLikeCatchUp) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto first = co_await subscribe(world, "category=g&consumer=0&size=2");
    const auto second = co_await subscribe(world, "category=g&consumerGroupMember=1&size=2");
    co_await world.write("g-0");
    EXPECT_EQ(co_await second->list(1), "g-0@0");  // and is live from here on
    for (int id = 1; id < 10; ++id) co_await world.write("g-" + std::to_string(id));
    co_await world.write("g");
    co_await world.write("g-1");
    co_await world.write("g-2");
    EXPECT_EQ(co_await first->list(4), "g-1@0 g-3@0 g-7@0 g-1@1");
    EXPECT_EQ(co_await second->list(7), "g-2@0 g-4@0 g-5@0 g-6@0 g-8@0 g-9@0 g-2@1");
  });
}

TEST_P(SubscriptionTest, PayloadCarriesTheMessages) {
  shared.run([](World& world) -> Awaitable<void> {
    co_await world.write("a-1", R"({"n":1})");
    for (const char* query :
         {"stream=a-1&payload=true", "category=a&payload=true", "all=true&payload=true"}) {
      const auto subscriber = co_await subscribe(world, query);
      const auto event = co_await subscriber->next();
      EXPECT_TRUE(event->is_message);
      EXPECT_NE(event->tuple.find(R"(,"a-1","Happened",0,1,{"n":1},null,")"), std::string::npos)
          << event->tuple;
    }
  });
}

TEST_P(SubscriptionTest, PayloadResumesAfterTheLastEvent) {
  shared.run([](World& world) -> Awaitable<void> {
    for (int i = 0; i < 6; ++i) {
      co_await world.write("a-1");  // 1, 3, 5, 7, 9, 11
      co_await world.write("b-1");
    }
    for (int last = -1; last < 11; ++last) {
      const std::string id = std::to_string(last);
      for (const char* query : {"stream=a-1&payload=true", "category=a&payload=true"}) {
        const auto subscriber = co_await subscribe(world, query, id);
        const auto event = co_await subscriber->next();
        EXPECT_EQ(event->global_position, (last + 1) / 2 * 2 + 1) << query << " after " << last;
      }
    }
    const auto all = co_await subscribe(world, "all=true&payload=true&position=2", "9");
    EXPECT_EQ(co_await all->list(3), "b-1@4 a-1@5 b-1@5");
    const auto behind = co_await subscribe(world, "stream=a-1&payload=true&position=4", "1");
    EXPECT_EQ(co_await behind->list(2), "a-1@4 a-1@5");
  });
}

TEST_P(SubscriptionTest, CatchUpHasNoCap) {
  shared.run([](World& world) -> Awaitable<void> {
    constexpr int kCount = 5000;
    co_await world.write_many("a-1", kCount);
    for (const char* query :
         {"stream=a-1", "category=a", "category=a&payload=true", "all=true&payload=true"}) {
      const auto subscriber = co_await subscribe(world, query);
      for (int i = 0; i < kCount; ++i) {
        const auto event = co_await subscriber->next();
        EXPECT_EQ(event->position, i) << query;
        EXPECT_LE(subscriber->subscription.buffered_bytes(), 4 * limits::kSubscriberBufferBytes);
      }
    }
  });
}

TEST_P(SubscriptionTest, SlowReaderIsBoundedAndLosesNothing) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto slow = co_await subscribe(world, "category=a");
    const auto payload = co_await subscribe(world, "category=a&payload=true");
    const auto quick = co_await subscribe(world, "category=a");
    co_await make_live(world, "a-0", slow, payload, quick);
    constexpr int kCount = 10'000;
    for (int i = 0; i < kCount; ++i) {
      co_await world.write("a-1");
      const auto event = co_await quick->next();
      EXPECT_EQ(event->position, i);
      EXPECT_LE(slow->subscription.buffered_bytes(), 3 * limits::kSubscriberBufferBytes);
      EXPECT_LE(payload->subscription.buffered_bytes(), 3 * limits::kSubscriberBufferBytes);
    }
    EXPECT_FALSE(slow->subscription.is_live());
    for (int i = 0; i < kCount; ++i) {
      EXPECT_EQ((co_await slow->next())->position, i);
      EXPECT_EQ((co_await payload->next())->position, i);
    }
    co_await make_live(world, "a-1", slow, payload);
    co_await world.write("a-2");
    EXPECT_EQ(co_await slow->list(1), "a-2@0");
    EXPECT_EQ(co_await payload->list(1), "a-2@0");
  });
}

TEST_P(SubscriptionTest, IdleSubscriptionsHoldNoBuffers) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto subscriber = co_await subscribe(world, "category=a");
    const auto other = co_await subscribe(world, "category=b");
    co_await make_live(world, "a-1", subscriber);
    // Waiting for more, which the other's message ends.
    bool woken = false;
    base::spawn(
        world.io.context(),
        [](Subscriber& waiting, bool& done) -> Awaitable<void> {
          const auto event = co_await waiting.next();
          EXPECT_FALSE(event);
          done = true;
        }(*subscriber, woken),
        [](std::exception_ptr exception) { EXPECT_FALSE(exception); });
    co_await make_live(world, "b-1", other);
    EXPECT_EQ(subscriber->subscription.buffered_bytes(), 0u);
    EXPECT_EQ(other->subscription.buffered_bytes(), 512u) << "what it returned last";
    subscriber->subscription.end();
    while (!woken) co_await yield();
  });
}

TEST_P(SubscriptionTest, EndsWhenTheNamespaceIsDeleted) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto live = co_await subscribe(world, "category=a");
    const auto lagging = co_await subscribe(world, "category=a");
    co_await world.write("a-1");
    EXPECT_EQ(co_await live->list(1), "a-1@0");
    EXPECT_TRUE(co_await world.store->delete_namespace("test", nullptr));
    EXPECT_EQ(co_await live->list(1), "end");
    EXPECT_EQ(co_await live->list(1), "end");
    EXPECT_EQ(co_await lagging->list(1), "end");

    Subscriber late(world, "category=a");
    const auto started = co_await late.subscription.start();
    EXPECT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kNamespaceNotFound);
  });
}

TEST_P(SubscriptionTest, EndsWithWhatWasRenderedWhenToldTo) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto subscriber = co_await subscribe(world, "category=a");
    const auto quick = co_await subscribe(world, "category=a");
    co_await make_live(world, "a-0", subscriber, quick);
    co_await world.write_many("a-1", 3);
    EXPECT_EQ(co_await quick->list(3), "a-1@0 a-1@1 a-1@2");
    subscriber->subscription.end();
    EXPECT_EQ(co_await subscriber->list(4), "a-1@0 a-1@1 a-1@2 end");
    EXPECT_TRUE(subscriber->subscription.is_ending());
    EXPECT_FALSE(quick->subscription.is_ending());
  });
}

TEST_P(SubscriptionTest, EndsWhenReadingFails) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto live = co_await subscribe(world, "category=a");
    co_await make_live(world, "a-1", live);
    world.ns->read_failure = Error{ErrorCode::kBackendError, "the disk is gone", {}};
    co_await world.write("a-1");
    EXPECT_EQ(co_await live->list(1), "end");

    Subscriber late(world, "category=a");
    const auto started = co_await late.subscription.start();
    EXPECT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kBackendError);

    world.ns->read_failure.reset();
    const auto again = co_await subscribe(world, "stream=a-2");
    co_await world.write("a-2");
    EXPECT_EQ(co_await again->list(1), "a-2@0");
  });
}

TEST_P(SubscriptionTest, SendsNothingOfAReadThatFailed) {
  shared.run([](World& world) -> Awaitable<void> {
    co_await world.write("a-1");
    world.ns->late_read_failure = Error{ErrorCode::kBackendError, "the memory is full", {}};
    const auto subscriber = co_await subscribe(world, "stream=a-1");
    EXPECT_EQ(co_await subscriber->list(1), "end");
  });
}

TEST_P(SubscriptionTest, NamespacesDoNotLeakIntoEachOther) {
  shared.run([](World& world) -> Awaitable<void> {
    NewNamespace wanted;
    wanted.id = "other";
    const auto other = (co_await world.store->create_namespace(wanted)).value();
    const auto mine = co_await subscribe(world, "all=true");
    Subscription theirs(world.feeds.open(other),
                        make_request(parse_parameters("all=true"), "").value(), Framing::kPlain);
    (co_await theirs.start()).value();
    co_await world.write("mine-1");
    EXPECT_EQ(co_await mine->list(1), "mine-1@0");
    NewMessage message;
    message.stream = "theirs-1";
    message.type = "Happened";
    message.data = "{}";
    WrittenMessage written;
    (co_await other->append({&message, 1}, {&written, 1})).value();
    test::EventParser parser;
    while (parser.events_waiting() == 0) parser.feed(co_await theirs.next());
    EXPECT_EQ(parser.take()->stream, "theirs-1");
    co_await world.write("mine-2");
    EXPECT_EQ(co_await mine->list(1), "mine-2@0");
  });
}

TEST_P(SubscriptionTest, ARetriedWriteCausesNoSecondNotice) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto subscriber = co_await subscribe(world, "category=a");
    NewMessage message;
    message.stream = "a-1";
    message.type = "Happened";
    message.data = "{}";
    message.id = base::parse_uuid("018f0000-0000-7000-8000-000000000001");
    for (int attempt = 0; attempt < 3; ++attempt) {
      WrittenMessage written;
      (co_await world.ns->append({&message, 1}, {&written, 1})).value();
    }
    co_await world.write("a-2");
    EXPECT_EQ(co_await subscriber->list(2), "a-1@0 a-2@0");
  });
}

TEST_P(SubscriptionTest, SilenceIsFilledWithCommentsBeforeTheFirstEventToo) {
  shared.run([](World& world) -> Awaitable<void> {
    co_await world.write("a-1");
    const auto subscriber = co_await subscribe(world, "stream=a-1");
    const auto now = std::chrono::steady_clock::time_point() + std::chrono::hours(1);
    Subscription& subscription = subscriber->subscription;
    subscription.sweep(now);
    subscription.sweep(now + limits::kKeepAliveInterval);
    EXPECT_EQ(co_await subscription.next(), ": keep-alive\n\n") << "a look at the log can be long";
    EXPECT_EQ(co_await subscriber->list(1), "a-1@0");
  });
}

TEST_P(SubscriptionTest, SilenceIsFilledWithComments) {
  shared.run([](World& world) -> Awaitable<void> {
    const auto subscriber = co_await subscribe(world, "category=a");
    co_await world.write("a-1");
    EXPECT_EQ(co_await subscriber->list(1), "a-1@0");
    auto now = std::chrono::steady_clock::time_point() + std::chrono::hours(1);
    Subscription& subscription = subscriber->subscription;
    subscription.sweep(now);  // something was sent just before
    subscription.sweep(now + limits::kKeepAliveInterval - std::chrono::seconds(1));
    co_await world.write("a-2");
    EXPECT_EQ(co_await subscriber->list(1), "a-2@0");
    EXPECT_EQ(subscriber->parser.keep_alive_comments(), 0);

    now += limits::kKeepAliveInterval;
    subscription.sweep(now);  // silent from here on
    subscription.sweep(now + limits::kKeepAliveInterval);
    EXPECT_EQ(co_await subscription.next(), ": keep-alive\n\n");
    subscription.sweep(now + limits::kKeepAliveInterval + std::chrono::seconds(1));
    subscription.sweep(now + 2 * limits::kKeepAliveInterval);
    co_await world.write("a-3");
    EXPECT_EQ(co_await subscriber->list(1), "a-3@0");
    EXPECT_EQ(subscriber->parser.keep_alive_comments(), 0) << "events break the silence";
  });
}

TEST_P(SubscriptionTest, ChunkedEventsAreOneChunkEach) {
  shared.run([](World& world) -> Awaitable<void> {
    Subscriber subscriber(world, "category=a", {}, Framing::kChunked);
    (co_await subscriber.subscription.start()).value();
    const char* poke =
        "44\r\nevent: poke\ndata: {\"stream\":\"a-1\",\"position\":0,\"globalPosition\":1}\n\n\r\n";
    co_await world.write("a-1");
    EXPECT_EQ(co_await subscriber.subscription.next(), poke);
  });
}

}  // namespace
}  // namespace eventodb::subscription
