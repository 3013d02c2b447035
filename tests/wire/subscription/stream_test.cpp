// Answers and life of /subscribe: items 134, 136 and 147 to 149 of the protocol's checklist.
#include <csignal>
#include <memory>
#include <vector>

#include "support/server_process.hpp"
#include "wire/subscription/subscription_fixture.hpp"

namespace eventodb::test {
namespace {

class WireEventStream : public SubscriptionFixture {
 protected:
  std::int64_t open_connections() {
    return as_int(own_.result(R"(["sys.health"])").at("connections"));
  }
  /// Returns when the server counts so many; the suite's time limit is what fails.
  void await_connections(std::int64_t wanted) {
    while (open_connections() != wanted) {
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Wire, WireEventStream,
                         testing::Values(Backend::kTestMode, Backend::kSqlite), backend_name);

TEST_P(WireEventStream, Item134HeadAndReadyComeBeforeAnyEvent) {
  for (const char* query : {"stream=account-1", "category=account", "all=true",
                            "all=true&position=0", "stream=a&payload=true"}) {
    const auto events = subscribe(query);
    const HttpResponse& head = events.head();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("Content-Type"), "text/event-stream");
    EXPECT_EQ(head.field("Cache-Control"), "no-cache");
    EXPECT_EQ(head.field("Connection"), "keep-alive");
    EXPECT_EQ(head.field("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(head.field("X-Accel-Buffering"), "no");
    EXPECT_EQ(head.field("Transfer-Encoding"), "chunked");
    EXPECT_FALSE(head.field("Content-Length"));
  }
}

TEST_P(WireEventStream, Item136InvalidParametersAreRefusedAsText) {
  for (const char* query :
       {"", "stream=", "all=1", "position=1", "all=true&stream=a", "all=true&category=a",
        "stream=a&category=b", "stream=a&position=x", "stream=a&position=1.5",
        "all=true&position=9223372036854775808", "category=a&consumer=x",
        "category=a&consumer=0&size=x", "category=a&consumer=1", "category=a&consumer=-1&size=2",
        "category=a&consumer=2&size=2", "category=a&size=-3",
        "category=a&consumerGroupMember=2&consumerGroupSize=2"}) {
    const auto response = get(query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(response.field("Content-Type"), "text/plain; charset=utf-8") << query;
    EXPECT_FALSE(response.body.empty()) << query;
    EXPECT_EQ(response.body.find('{'), std::string::npos) << query;
  }
}

TEST_P(WireEventStream, Item136WhatIsIgnoredIsNotChecked) {
  for (const char* query : {"stream=a&consumer=x&size=-1", "all=true&consumer=7",
                            "category=a&consumer=&size=", "category=a&consumer=0&size=0",
                            "stream=a&position=", "stream=a&correlation=%00", "category=a-b"}) {
    EXPECT_EQ(subscribe(query).head().status, 200) << query;
  }
}

TEST_P(WireEventStream, OtherMethodsAreRefusedAfterTheCredentials) {
  HttpClient client(port_);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const Reply reply(client.request(method, "/subscribe?all=tru&token=" + token_));
    EXPECT_EQ(reply.status(), 405) << method;
    EXPECT_EQ(reply.code(), "INVALID_REQUEST");
    EXPECT_EQ(reply.http.field("Allow"), "GET");
  }
  EXPECT_EQ(client.request("HEAD", "/subscribe?all=true&token=" + token_).status, 405);
}

TEST_P(WireEventStream, TheTokenMayStandInTheQuery) {
  HttpClient client(port_);
  client.send(http_request("GET", "/subscribe?all=true&token=" + token_));
  EXPECT_EQ(client.receive_head().status, 200);
  EXPECT_EQ(client.receive_chunk(), ": ready\n\n");
}

TEST_P(WireEventStream, AnHttp10ClientReadsUntilTheEnd) {
  write("account-1");
  HttpClient client(port_);
  client.send("GET /subscribe?category=account&token=" + token_ + " HTTP/1.0\r\n\r\n");
  const auto head = client.receive_head();
  EXPECT_EQ(head.status, 200);
  EXPECT_FALSE(head.chunked);
  EXPECT_EQ(head.field("Connection"), "close");
  admin_.ok("[\"ns.delete\"," + json_text(namespace_id_) + "]");
  EXPECT_EQ(client.receive_rest().substr(0, 9), ": ready\n\n");
}

TEST_P(WireEventStream, WhatTheClientSendsIsDropped) {
  HttpClient client(port_);
  client.send(http_request("GET", "/subscribe?category=account&token=" + token_) +
              http_request("GET", "/health"));
  EXPECT_EQ(client.receive_head().status, 200);
  EXPECT_EQ(client.receive_chunk(), ": ready\n\n");
  client.send(std::string(300'000, 'x'));
  write("account-1");
  EXPECT_TRUE(client.receive_chunk().starts_with("event: poke\n"));
}

TEST_P(WireEventStream, AnswersToEarlierRequestsComeFirst) {
  HttpClient client(port_);
  client.send(http_request("GET", "/health") + http_request("GET", "/health") +
              http_request("GET", "/subscribe?all=true&token=" + token_));
  EXPECT_EQ(client.receive().body, R"({"status":"ok"})");
  EXPECT_EQ(client.receive().body, R"({"status":"ok"})");
  EXPECT_EQ(client.receive_head().field("Content-Type"), "text/event-stream");
  EXPECT_EQ(client.receive_chunk(), ": ready\n\n");
}

TEST_P(WireEventStream, Item148AClosedConnectionIsReleasedWithoutAWrite) {
  constexpr int kSubscribers = 20;
  await_connections(2);  // the two callers of this test
  std::vector<std::unique_ptr<EventSource>> subscribers;
  for (int i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(std::make_unique<EventSource>(port_, i % 2 == 0 ? "all=true" : "stream=a",
                                                        EventSource::Options{token_, "", 0}));
  }
  EXPECT_EQ(open_connections(), 2 + kSubscribers);
  subscribers.resize(kSubscribers / 2);
  await_connections(2 + kSubscribers / 2);
  subscribers.front()->connection().shutdown_send();  // half closed is gone, too
  await_connections(2 + kSubscribers / 2 - 1);
  subscribers.clear();
  await_connections(2);
}

TEST_P(WireEventStream, Item148AClientThatStoppedReadingIsReleasedWhenItGoes) {
  await_connections(2);
  {
    EventSource stalled(port_, "category=account", {token_, "", kSmallBuffer});
    write_many("account-1", 20'000);  // more than the kernel takes for it
    await_connections(3);
  }
  await_connections(2);
}

TEST_P(WireEventStream, Item149DeletingTheNamespaceEndsItsStreams) {
  write("account-1");
  auto stream = subscribe("stream=account-1");
  auto category = subscribe("category=account");
  auto all = subscribe("all=true");
  EXPECT_EQ(stream.list(1), "account-1@0");
  EXPECT_EQ(category.list(1), "account-1@0");
  admin_.ok("[\"ns.delete\"," + json_text(namespace_id_) + "]");
  for (auto* events : {&stream, &category, &all}) {
    EXPECT_EQ(events->list(1), "end");
    EXPECT_TRUE(events->connection().is_closed());
  }
}

/// A server of the test's own.
ServerFlags flags_for(Backend backend, const TemporaryDirectory& directory) {
  ServerFlags flags;
  flags.arguments = {"-token", admin_token()};
  if (backend == Backend::kTestMode) {
    flags.arguments.emplace_back("-test-mode");
  } else {
    flags.arguments.insert(flags.arguments.end(), {"-data-dir", directory.path()});
  }
  return flags;
}

class WireServerEnd : public testing::TestWithParam<Backend> {};
INSTANTIATE_TEST_SUITE_P(Wire, WireServerEnd, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(WireServerEnd, Item149StoppingTheServerEndsEveryStream) {
  const TemporaryDirectory directory;
  ServerProcess server(flags_for(GetParam(), directory));
  const EventSource::Options options{admin_token(), "", 0};
  EventSource idle(server.port(), "stream=a", options);
  EventSource live(server.port(), "all=true", options);
  EventSource stalled(server.port(), "category=a", {admin_token(), "", kSmallBuffer});
  Caller caller(server.port(), admin_token());
  for (int i = 0; i < 100; ++i) caller.write("a");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(live.next()->position, i);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(live.list(1), "end");
  int seen = 0;
  while (idle.next()) ++seen;
  EXPECT_EQ(seen, 100);
}

TEST_P(WireServerEnd, AtItsLimitTheServerAnswers503AndGoesOn) {
  const TemporaryDirectory directory;
  ServerFlags flags = flags_for(GetParam(), directory);
  flags.open_files_max = 256;
  ServerProcess server(flags);
  const EventSource::Options options{admin_token(), "", 0};
  Caller caller(server.port(), admin_token());
  HttpClient served(server.port());
  std::vector<std::unique_ptr<EventSource>> open;
  std::string refusal;
  while (refusal.empty() && open.size() < 256) {
    try {
      open.push_back(std::make_unique<EventSource>(server.port(), "category=a", options));
    } catch (const std::exception& refused) {
      refusal = refused.what();
    }
  }
  EXPECT_NE(refusal.find(" 503 "), refusal.npos) << refusal;
  EXPECT_GT(open.size(), 40u);
  caller.write("a-1");  // those who are in are served
  for (auto& each : open) EXPECT_EQ(each->list(1), "a-1@0");
  // In files that were not open yet.
  const auto made = caller.result(R"(["ns.create","other"])");
  EXPECT_EQ(Reply(served.rpc(R"(["stream.write","b-1",{"type":"T","data":{}}])",
                             as_string(made.at("token"))))
                .status(),
            200);
  open.resize(open.size() / 2);
  while (HttpClient(server.port()).request("GET", "/health").status != 200) {
  }
  EventSource again(server.port(), "category=a", options);
  EXPECT_EQ(again.list(1), "a-1@0");
}

using WireCredentials = AuthMode;

TEST_F(WireCredentials, Item136MissingAndBadCredentialsGetJsonErrors) {
  HttpClient client(port_);
  const auto get = [&](const std::string& query, const HttpFields& fields = {}) {
    return Reply(client.request("GET", "/subscribe?" + query, {}, fields));
  };
  EXPECT_EQ(get("all=true").code(), "AUTH_REQUIRED");
  EXPECT_EQ(get("all=true").status(), 401);
  EXPECT_EQ(get("").status(), 401) << "credentials come first";
  EXPECT_EQ(get("all=true&token=x").code(), "AUTH_INVALID_TOKEN");
  EXPECT_EQ(get("all=true", {{"Authorization", "Bearer x"}}).status(), 401);
  EXPECT_EQ(get("all=true&token=" + made_token("nobody")).status(), 403);
  EXPECT_EQ(get("all=true&token=" + made_token(namespace_id_, 'f')).code(), "AUTH_UNAUTHORIZED");
  EXPECT_EQ(Reply(client.request("POST", "/subscribe?all=true")).status(), 401);
}

using WireTestMode = TestMode;

TEST_F(WireTestMode, ASubscriptionToAnUnknownNamespaceDeliversWhatIsWrittenLater) {
  const std::string id = namespace_id_ + "-unknown";
  const std::string token = made_token(id);
  EventSource all(port_, "all=true", {token, "", 0});
  EventSource stream(port_, "stream=a-1&token=" + token, {"", "", 0});
  Caller(port_, token).write("a-1");
  EXPECT_EQ(all.list(1), "a-1@0");
  EXPECT_EQ(stream.list(1), "a-1@0");
  admin_.ok("[\"ns.delete\"," + json_text(id) + "]");
  EXPECT_EQ(all.list(1), "end");
}

// Once is enough for half a minute of waiting: the storage has no part in it.
TEST_F(WireTestMode, Item147SilenceIsFilledWithComments) {
  EventSource silent(port_, "category=account", {token_, "", 0});
  EventSource other(port_, "category=other", {token_, "", 0});
  silent.expect_keep_alive();
  own_.write("account-1");
  EXPECT_EQ(silent.list(1), "account-1@0");
  other.expect_keep_alive();
}

TEST_F(WireTestMode, WithoutCredentialsTheNamespaceIsDefault) {
  EventSource events(port_, "stream=" + escaped(namespace_id_), {"", "", 0});
  Caller(port_, "").write(namespace_id_);
  EXPECT_EQ(events.list(1), namespace_id_ + "@0");
}

}  // namespace
}  // namespace eventodb::test
