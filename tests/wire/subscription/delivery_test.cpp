// Delivery: items 135 and 137 to 146 of the protocol's checklist.
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "wire/subscription/subscription_fixture.hpp"

namespace eventodb::test {
namespace {

class WireDelivery : public SubscriptionFixture {};
INSTANTIATE_TEST_SUITE_P(Wire, WireDelivery, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(WireDelivery, Item135APokeIsTheseBytesInOneChunk) {
  HttpClient client(port_);
  client.send(http_request("GET", "/subscribe?category=account&token=" + token_));
  client.receive_head();
  EXPECT_EQ(client.receive_chunk(), ": ready\n\n");
  write("account-123");
  EXPECT_EQ(
      client.receive_chunk(),
      "event: poke\ndata: {\"stream\":\"account-123\",\"position\":0,\"globalPosition\":1}\n\n");
}

TEST_P(WireDelivery, Item137StreamFromAPositionThenNewOnes) {
  write_many("account-1", 5);
  write("account-2");
  auto events = subscribe("stream=account-1&position=3");
  EXPECT_EQ(events.list(2), "account-1@3 account-1@4");
  write("account-2");
  write_many("account-1", 2);
  EXPECT_EQ(events.list(2), "account-1@5 account-1@6");
}

TEST_P(WireDelivery, Item137NegativePositionsStartAtTheBeginning) {
  write_many("account-1", 2);
  EXPECT_EQ(subscribe("stream=account-1&position=-7").list(2), "account-1@0 account-1@1");
  EXPECT_EQ(subscribe("category=account&position=-7").list(2), "account-1@0 account-1@1");
}

TEST_P(WireDelivery, Item138CategoryFromAGlobalPositionThenNewOnes) {
  write("account-1");
  write("accountLog-1");
  write("account-2+x");
  write("account");
  auto events = subscribe("category=account&position=3");
  EXPECT_EQ(events.list(2), "account-2+x@0 account@0");
  write("Account-1");
  write("account-1");
  EXPECT_EQ(events.list(1), "account-1@1");
}

TEST_P(WireDelivery, Item138ACategoryWithADashStaysSilent) {
  write("account-1");
  auto silent = subscribe("category=account-1");
  auto other = subscribe("category=account");
  EXPECT_EQ(other.list(1), "account-1@0");
  own_.result("[\"ns.info\"," + json_text(namespace_id_) + "]");
  admin_.ok("[\"ns.delete\"," + json_text(namespace_id_) + "]");
  EXPECT_EQ(silent.list(1), "end");
}

TEST_P(WireDelivery, Item139CatchUpOver2500InOrder) {
  constexpr int kCount = 2500;
  write_many("account-1", kCount);
  for (const char* query : {"stream=account-1", "category=account", "all=true&payload=true",
                            "category=account&payload=true"}) {
    auto events = subscribe(query);
    for (int i = 0; i < kCount; ++i) {
      const auto event = events.next();
      ASSERT_TRUE(event) << query;
      ASSERT_EQ(event->position, i) << query;
      ASSERT_EQ(event->global_position, i + 1) << query;
    }
  }
}

TEST_P(WireDelivery, Item140WrittenDuringCatchUpOnceAndInOrder) {
  constexpr int kBefore = 3000;
  constexpr int kDuring = 3000;
  constexpr int kSubscribers = 8;
  write_many("account-1", kBefore);
  std::thread writer([&] { write_many("account-1", kDuring); });
  std::vector<std::thread> readers;
  for (int reader = 0; reader < kSubscribers; ++reader) {
    readers.emplace_back([&, reader] {
      auto events = subscribe(reader % 2 == 0 ? "stream=account-1" : "category=account");
      for (int i = 0; i < kBefore + kDuring; ++i) {
        const auto event = events.next();
        ASSERT_TRUE(event);
        ASSERT_EQ(event->position, i);
      }
    });
  }
  writer.join();
  for (auto& reader : readers) reader.join();
}

TEST_P(WireDelivery, Item141PositionsBeyondTheEnd) {
  write("account-1");
  auto stream = subscribe("stream=account-1&position=3");
  auto category = subscribe("category=account&position=4");
  auto all = subscribe("all=true&position=5");
  write_many("account-1", 5);
  EXPECT_EQ(stream.list(3), "account-1@3 account-1@4 account-1@5");
  EXPECT_EQ(category.list(3), "account-1@3 account-1@4 account-1@5");
  EXPECT_EQ(all.list(2), "account-1@4 account-1@5");
}

TEST_P(WireDelivery, Item142AllDeliversOnlyNewMessages) {
  write_many("account-1", 3);
  auto events = subscribe("all=true&position=0");
  write("account-1");
  write("order-1");
  write("plain");
  EXPECT_EQ(events.list(3), "account-1@3 order-1@0 plain@0");
}

TEST_P(WireDelivery, Item143NothingLeaks) {
  const std::string other_token = create_namespace(namespace_id_ + "/other");
  auto stream = subscribe("stream=account-1");
  auto category = subscribe("category=account");
  auto all = subscribe("all=true");
  auto other = EventSource(port_, "all=true", {other_token, "", 0});
  Caller other_caller = connect_with(other_token);
  other_caller.write("account-1");
  write("account-2");
  write("order-1");
  write("account-1");
  EXPECT_EQ(stream.list(1), "account-1@0");
  EXPECT_EQ(category.list(2), "account-2@0 account-1@0");
  EXPECT_EQ(all.list(3), "account-2@0 order-1@0 account-1@0");
  other_caller.write("account-9");
  EXPECT_EQ(other.list(2), "account-1@0 account-9@0");
}

TEST_P(WireDelivery, Item144GroupsInCatchUpAndLive) {
  const auto write_ten = [&] {
    for (int id = 0; id < 10; ++id) write("g-" + std::to_string(id) + "+x");
    write("g");  // no member's
  };
  write_ten();
  auto first = subscribe("category=g&consumer=0&size=2");
  auto second = subscribe("category=g&consumerGroupMember=1&consumerGroupSize=2");
  const std::string of_first = "g-1+x@0 g-3+x@0 g-7+x@0";
  const std::string of_second = "g-0+x@0 g-2+x@0 g-4+x@0 g-5+x@0 g-6+x@0 g-8+x@0 g-9+x@0";
  EXPECT_EQ(first.list(3), of_first);
  EXPECT_EQ(second.list(7), of_second);
  write_ten();
  EXPECT_EQ(first.list(3), "g-1+x@1 g-3+x@1 g-7+x@1");
  EXPECT_EQ(second.list(7), "g-0+x@1 g-2+x@1 g-4+x@1 g-5+x@1 g-6+x@1 g-8+x@1 g-9+x@1");
  // size=2 alone is member 0; a short spelling wins over its alias.
  EXPECT_EQ(subscribe("category=g&size=2").list(3), of_first);
  EXPECT_EQ(subscribe("category=g&consumerGroupMember=1&consumer=0&size=2").list(3), of_first);
}

TEST_P(WireDelivery, Item145AStalledClientGetsEverythingAndDisturbsNobody) {
  constexpr int kCount = 10'000;
  EventSource stalled(port_, "category=account", {token_, "", kSmallBuffer});
  EventSource stalled_payload(port_, "category=account&payload=true", {token_, "", kSmallBuffer});
  auto quick = subscribe("category=account");
  std::thread writer([&] { write_many("account-1", kCount); });
  for (int i = 0; i < kCount; ++i) {
    const auto event = quick.next();
    if (!event || event->position != i) {
      ADD_FAILURE() << "event " << i;
      break;
    }
  }
  writer.join();
  for (auto* late : {&stalled, &stalled_payload}) {
    late->read_on();
    for (int i = 0; i < kCount; ++i) {
      const auto event = late->next();
      ASSERT_TRUE(event);
      ASSERT_EQ(event->position, i);
    }
  }
  write("account-2");
  EXPECT_EQ(stalled.list(1), "account-2@0");
  EXPECT_EQ(stalled_payload.list(1), "account-2@0");
}

TEST_P(WireDelivery, Item146ConcurrentWritersToOneStream) {
  constexpr int kWriters = 8;
  constexpr int kEach = 250;
  auto stream = subscribe("stream=account-1");
  auto all = subscribe("all=true");
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      Caller caller = connect();
      for (int j = 0; j < kEach; ++j) caller.write("account-1");
    });
  }
  for (int i = 0; i < kWriters * kEach; ++i) {
    const auto of_stream = stream.next();
    const auto of_all = all.next();
    if (!of_stream || !of_all || of_stream->position != i || of_all->position != i) {
      ADD_FAILURE() << "event " << i;
      break;
    }
  }
  for (auto& writer : writers) writer.join();
}

TEST_P(WireDelivery, NamesOfEveryKind) {
  for (const std::string name :
       {"a.b_c:d-1", "été-1", "two words-x y", "slash/es-1", "plus-1+2", "日本-語", "%41-&=?#"}) {
    write(name);
    auto events = subscribe("stream=" + escaped(name));
    EXPECT_EQ(events.list(1), name + "@0");
    auto category = subscribe("category=" + escaped(name.substr(0, name.find('-'))));
    EXPECT_EQ(category.list(1), name + "@0");
  }
}

TEST_P(WireDelivery, ARetriedWriteIsPokedOnce) {
  auto events = subscribe("category=account");
  const std::string retried = R"(["stream.write","account-1",{"type":"T","data":{}},)"
                              R"({"id":"018f0000-0000-7000-8000-00000000aaaa"}])";
  for (int attempt = 0; attempt < 3; ++attempt) own_.ok(retried);
  write("account-2");
  EXPECT_EQ(events.list(2), "account-1@0 account-2@0");
}

}  // namespace
}  // namespace eventodb::test
