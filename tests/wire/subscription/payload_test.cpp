// The extension payload=true (docs/subscriptions.md).
#include <string>
#include <vector>

#include "wire/subscription/subscription_fixture.hpp"

namespace eventodb::test {
namespace {

class WirePayload : public SubscriptionFixture {};
INSTANTIATE_TEST_SUITE_P(Wire, WirePayload, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(WirePayload, AnEventIsTheTupleOfCategoryGet) {
  own_.write("account-1", R"({"b":1e400,"a":[null,"é\u0000"]})",
             R"({"correlationStreamName":"x-1"})");
  own_.write("account-1", "{}");
  const std::string read = own_.ok(R"(["category.get","account"])").body();
  for (const char* query : {"stream=account-1&payload=true", "category=account&payload=true",
                            "all=true&payload=true"}) {
    HttpClient client(port_);
    client.send(http_request("GET", "/subscribe?" + std::string(query) + "&token=" + token_));
    client.receive_head();
    client.receive_chunk();
    const std::string first = client.receive_chunk();
    const std::string second = client.receive_chunk();
    const std::string_view head = "event: message\nid: 1\ndata: ";
    ASSERT_TRUE(first.starts_with(head)) << first;
    ASSERT_TRUE(first.ends_with("\n\n"));
    const std::string tuple = first.substr(head.size(), first.size() - head.size() - 2);
    EXPECT_TRUE(read.starts_with("[" + tuple + ",")) << tuple << "\n" << read;
    EXPECT_TRUE(second.starts_with("event: message\nid: 2\ndata: [")) << second;
  }
}

TEST_P(WirePayload, OnlyTrueSwitchesItOn) {
  write("account-1");
  EXPECT_FALSE(subscribe("category=account&payload=1").next()->is_message);
  EXPECT_FALSE(subscribe("category=account&payload=").next()->is_message);
  EXPECT_TRUE(subscribe("category=account&payload=true").next()->is_message);
}

TEST_P(WirePayload, AllCatchesUpFromThePosition) {
  write("a-1");
  write("b-1");
  write("c");
  EXPECT_EQ(subscribe("all=true&payload=true").list(3), "a-1@0 b-1@0 c@0");
  EXPECT_EQ(subscribe("all=true&payload=true&position=2").list(2), "b-1@0 c@0");
  auto later = subscribe("all=true&payload=true&position=5");
  write("d");
  write("e");
  EXPECT_EQ(later.list(1), "e@0");
}

TEST_P(WirePayload, ResumesBehindTheLastEvent) {
  for (int i = 0; i < 4; ++i) {
    write("a-1");
    write("b-1");
  }
  EXPECT_EQ(subscribe("all=true&payload=true", "6").list(2), "a-1@3 b-1@3");
  EXPECT_EQ(subscribe("category=a&payload=true", "3").list(2), "a-1@2 a-1@3");
  EXPECT_EQ(subscribe("category=a&payload=true", "4").list(2), "a-1@2 a-1@3");
  EXPECT_EQ(subscribe("stream=b-1&payload=true", "2").list(3), "b-1@1 b-1@2 b-1@3");
  // It wins over a global position; a stream's position holds as well.
  EXPECT_EQ(subscribe("all=true&payload=true&position=1", "7").list(1), "b-1@3");
  EXPECT_EQ(subscribe("all=true&payload=true&position=100", "7").list(1), "b-1@3");
  EXPECT_EQ(subscribe("stream=a-1&payload=true&position=2", "1").list(2), "a-1@2 a-1@3");
  // Beyond the end it waits for what follows.
  auto waiting = subscribe("all=true&payload=true", "9");
  write("c");
  write("d");
  EXPECT_EQ(waiting.list(1), "d@0");
}

TEST_P(WirePayload, ResumesAtTheVeryNextMessage) {
  write_many("a-1", 3);
  for (const char* query : {"stream=a-1", "category=a", "all=true"}) {
    auto events = subscribe(query + std::string("&payload=true"), "1");
    EXPECT_EQ(events.list(2), "a-1@1 a-1@2") << query;
  }
}

TEST_P(WirePayload, AMalformedLastEventIdIsRefusedWithPayloadOnly) {
  const HttpFields fields = {{"Authorization", "Bearer " + token_}, {"Last-Event-ID", "x"}};
  const auto refused =
      HttpClient(port_).request("GET", "/subscribe?all=true&payload=true", {}, fields);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(subscribe("all=true", "x").head().status, 200);
}

TEST_P(WirePayload, ReconnectingAtAnyPointLosesAndRepeatsNothing) {
  constexpr int kCount = 300;
  write_many("a-1", kCount);
  std::string last;
  for (int seen = 0; seen < kCount;) {
    auto events = subscribe("all=true&payload=true", last);
    for (int i = 0; i < 7 && seen < kCount; ++i, ++seen) {
      const auto event = events.next();
      ASSERT_TRUE(event);
      ASSERT_EQ(event->position, seen);
      last = std::to_string(event->global_position);
    }
  }
}

TEST_P(WirePayload, LargeMessages) {
  const std::string data = "{\"text\":\"" + std::string(3'000'000, 'x') + "\"}";
  own_.write("a-1", data);
  auto events = subscribe("category=a&payload=true");
  auto other = subscribe("category=a&payload=true&position=2");
  for (int i = 0; i < 3; ++i) {
    const auto event = events.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->position, i);
    EXPECT_NE(event->tuple.find(data), std::string::npos);
    own_.write("a-1", data);
  }
  EXPECT_EQ(other.list(3), "a-1@1 a-1@2 a-1@3");
}

}  // namespace
}  // namespace eventodb::test
