// Namespaces: items 115 to 133 of the protocol's checklist.
#include <algorithm>
#include <atomic>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

class NamespacesFixture : public EveryBackend {
 protected:
  /// ns.create with these options, remembered for deletion.
  Reply create(const std::string& id, std::string_view options = "{}") {
    created_.push_back(id);
    return admin_.call("[\"ns.create\"," + json_text(id) + "," + std::string(options) + "]");
  }
  json::value info(const std::string& id) {
    return admin_.result("[\"ns.info\"," + json_text(id) + "]");
  }
  /// The names ns.streams lists, each followed by a space.
  std::string listed(std::string_view options = "{}") {
    std::string list;
    const auto reply = own_.ok("[\"ns.streams\"," + std::string(options) + "]");
    for (const auto& stream : reply.json().as_array()) {
      list += as_string(stream.at("stream")) + " ";
    }
    return list;
  }
};

using WireNamespaces = NamespacesFixture;
using WireNamespacesAuth = AuthMode;
INSTANTIATE_TEST_SUITE_P(Wire, WireNamespaces,
                         testing::Values(Backend::kTestMode, Backend::kSqlite), backend_name);

TEST_P(WireNamespaces, Item115CreateAnswersWithAWorkingToken) {
  const std::string id = namespace_id_ + "-new";
  const auto reply = create(id, R"({"description":"about","metadata":{"k":1}})");
  ASSERT_EQ(reply.status(), 200) << reply.body();
  EXPECT_EQ(reply.json().as_object().size(), 3u);
  EXPECT_EQ(as_string(reply.json().at("namespace")), id);
  EXPECT_TRUE(std::regex_match(as_string(reply.json().at("createdAt")),
                               std::regex(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$)")));
  Caller caller = connect_with(as_string(reply.json().at("token")));
  EXPECT_EQ(as_int(caller.write("s-1").at("globalPosition")), 1);
}

TEST_P(WireNamespaces, Item116CreateTakesASuppliedToken) {
  const std::string id = namespace_id_ + "-new";
  for (const auto& wrong : {std::string("nonsense"), std::string(), made_token("default"),
                            made_token(id) + "0", made_token(id, 'g')}) {
    admin_.refused("[\"ns.create\"," + json_text(id) + ",{\"token\":" + json_text(wrong) + "}]");
  }
  const std::string token = made_token(id, 'a');
  const auto reply = create(id, "{\"token\":" + json_text(token) + "}");
  ASSERT_EQ(reply.status(), 200) << reply.body();
  EXPECT_EQ(as_string(reply.json().at("token")), token);
  connect_with(token).write("s-1");
}

TEST_P(WireNamespaces, Item117ATakenIdConflicts) {
  const auto taken = admin_.call("[\"ns.create\"," + json_text(namespace_id_) + "]");
  EXPECT_EQ(taken.status(), 409);
  EXPECT_EQ(taken.code(), "NAMESPACE_EXISTS");

  const std::string raced = namespace_id_ + "-raced";
  created_.push_back(raced);
  std::atomic<int> successes = 0;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Caller caller = connect_with(admin_token());
      const auto reply = caller.call("[\"ns.create\"," + json_text(raced) + "]");
      if (reply.status() == 200) ++successes;
      if (reply.code() == "NAMESPACE_EXISTS" && reply.status() == 409) ++conflicts;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(successes, 1);
  EXPECT_EQ(conflicts, 3);
}

TEST_P(WireNamespaces, Item118WrongArguments) {
  for (const char* body :
       {R"(["ns.create"])", R"(["ns.create",""])", R"(["ns.create",5])", R"(["ns.create",null])",
        R"(["ns.create","x",null])", R"(["ns.create","x",[]])",
        R"(["ns.create","x",{"description":5}])", R"(["ns.create","x",{"description":null}])",
        R"(["ns.create","x",{"token":5}])", R"(["ns.create","x",{"metadata":[]}])",
        R"(["ns.create","x",{"metadata":"x"}])", R"(["ns.create","x",{"metadata":null}])",
        R"(["ns.create","a\u0000b"])", R"(["ns.create","a\nb"])", R"(["ns.delete"])",
        R"(["ns.delete",5])", R"(["ns.info"])", R"(["ns.info",5])"}) {
    admin_.refused(body);
  }
  EXPECT_EQ(admin_.call(R"(["ns.info","x"])").status(), 404);
}

TEST_P(WireNamespaces, Item119IdsOfEveryKindAreIndependent) {
  const std::string ids[] = {"a/b",
                             "a",
                             "../x",
                             "..",
                             ".",
                             "a?b&c#d",
                             "a b",
                             "Grüße-世界-😀",
                             std::string(200, 'n'),
                             "a-b",
                             "a_b",
                             "A-B",
                             "a.b",
                             "a%2fb",
                             "metadata",
                             "metadata.db",
                             "_metadata",
                             "eventodb",
                             "NUL",
                             "con",
                             "a\\b",
                             "'a'",
                             "\"a\"",
                             " ",
                             std::string(255, 'm'),
                             std::string(254, 'm') + "n"};
  std::map<std::string, std::string> tokens;
  for (const auto& id : ids) {
    const auto reply = create(id);
    ASSERT_EQ(reply.status(), 200) << id << reply.body();
    tokens[id] = as_string(reply.json().at("token"));
  }
  int count = 0;
  for (const auto& id : ids) {
    Caller caller = connect_with(tokens[id]);
    for (int i = 0; i <= count; ++i) caller.write("s-1");
    ++count;
  }
  count = 0;
  for (const auto& id : ids) {
    EXPECT_EQ(as_string(info(id).at("namespace")), id);
    EXPECT_EQ(as_int(info(id).at("messageCount")), ++count) << id;
  }
}

TEST_P(WireNamespaces, Item120InfoReports) {
  const std::string id = namespace_id_ + "-new";
  const auto made = create(id, R"({"description":"a \"description\""})");
  auto report = info(id);
  EXPECT_EQ(report.as_object().size(), 6u);
  EXPECT_EQ(report.at("description"), "a \"description\"");
  EXPECT_EQ(report.at("createdAt"), made.json().at("createdAt"));
  EXPECT_EQ(as_int(report.at("messageCount")), 0);
  EXPECT_EQ(as_int(report.at("streamCount")), 0);
  EXPECT_TRUE(report.at("lastActivity").is_null());

  Caller caller = connect_with(as_string(made.json().at("token")));
  for (int i = 0; i < 5; ++i) caller.write("s-" + std::to_string(i % 2));
  report = info(id);
  EXPECT_EQ(as_int(report.at("messageCount")), 5);
  EXPECT_EQ(as_int(report.at("streamCount")), 2);
  EXPECT_EQ(report.at("lastActivity"), caller.result(R"(["stream.last","s-0"])").at(6));
}

TEST_P(WireNamespaces, Item121UnknownIdsAreNotFound) {
  for (const char* method : {"ns.info", "ns.delete"}) {
    const auto reply = admin_.call("[\"" + std::string(method) + "\",\"nobody\"]");
    EXPECT_EQ(reply.status(), 404);
    EXPECT_EQ(reply.code(), "NAMESPACE_NOT_FOUND");
  }
}

TEST_P(WireNamespaces, Item122ListShowsEveryNamespace) {
  own_.write("s-1");
  own_.write("s-2");
  const auto reply = admin_.ok(R"(["ns.list"])");
  std::map<std::string, std::int64_t> counts;
  std::vector<std::string> times;
  for (const auto& ns : reply.json().as_array()) {
    EXPECT_EQ(ns.as_object().size(), 4u);
    EXPECT_TRUE(ns.at("description").is_string());
    counts[as_string(ns.at("namespace"))] = as_int(ns.at("messageCount"));
    times.push_back(as_string(ns.at("createdAt")));
  }
  EXPECT_EQ(counts.count("default"), 1u);
  EXPECT_EQ(counts.at(namespace_id_), 2);
  EXPECT_EQ(as_string(reply.json().at(0).at("namespace")), namespace_id_) << "newest first";
  EXPECT_EQ(reply.body().find("token"), std::string::npos);
  EXPECT_EQ(reply.body().find(token_.substr(token_.size() - 64)), std::string::npos);
  EXPECT_EQ(admin_.ok(R"(["ns.list",null])").body(), reply.body());
}

TEST_P(WireNamespaces, Item123DeleteCountsTheMessages) {
  for (int i = 0; i < 3; ++i) own_.write("s-1");
  const auto deleted = admin_.result("[\"ns.delete\"," + json_text(namespace_id_) + "]");
  EXPECT_EQ(deleted.as_object().size(), 3u);
  EXPECT_EQ(as_string(deleted.at("namespace")), namespace_id_);
  EXPECT_EQ(as_int(deleted.at("messagesDeleted")), 3);
  EXPECT_TRUE(deleted.at("deletedAt").is_string());
  EXPECT_EQ(admin_.call("[\"ns.info\"," + json_text(namespace_id_) + "]").status(), 404);
}

TEST_F(WireNamespacesAuth, Item124ADeletedNamespacesTokenIsRefused) {
  own_.write("s-1");
  admin_.ok("[\"ns.delete\"," + json_text(namespace_id_) + "]");
  Caller fresh = connect();
  for (const auto& body :
       {std::string(R"(["stream.write","s",{"type":"T","data":{}}])"),
        std::string(R"(["stream.get","s"])"), std::string(R"(["stream.last","s"])"),
        std::string(R"(["stream.version","s"])"), std::string(R"(["category.get","s"])"),
        std::string(R"(["ns.streams"])"), std::string(R"(["ns.categories"])"),
        std::string(R"(["ns.list"])"), std::string(R"(["ns.create","another"])"),
        "[\"ns.delete\"," + json_text(namespace_id_) + "]",
        "[\"ns.info\"," + json_text(namespace_id_) + "]", std::string(R"(["sys.version"])"),
        std::string(R"(["sys.health"])")}) {
    for (Caller* caller : {&own_, &fresh}) {
      const auto reply = caller->call(body);
      EXPECT_EQ(reply.status(), 403) << body;
      EXPECT_EQ(reply.code(), "AUTH_UNAUTHORIZED") << body;
    }
  }
}

TEST_P(WireNamespaces, Item125ADeletedIdStartsAfresh) {
  own_.write("s-1");
  own_.write("s-1");
  admin_.ok("[\"ns.delete\"," + json_text(namespace_id_) + "]");
  const std::string token = create_namespace(namespace_id_);
  Caller caller = connect_with(token);
  EXPECT_EQ(caller.ok(R"(["category.get",""])").body(), "[]");
  EXPECT_EQ(caller.ok(R"(["ns.streams"])").body(), "[]");
  EXPECT_EQ(as_int(info(namespace_id_).at("messageCount")), 0);
  const auto written = caller.write("s-1");
  EXPECT_EQ(as_int(written.at("position")), 0);
  EXPECT_EQ(as_int(written.at("globalPosition")), 1);
  EXPECT_EQ(own_.call(R"(["stream.get","s-1"])").status(),
            backend_ == Backend::kSqlite ? 403 : 200);
}

TEST_P(WireNamespaces, Item126NamespacesDoNotMix) {
  Caller other = connect_with(create_namespace(namespace_id_ + "-other"));
  own_.write("s-1", R"({"from":"own"})");
  own_.write("s-1", R"({"from":"own"})");
  other.write("s-1", R"({"from":"other"})");
  EXPECT_EQ(own_.result(R"(["stream.version","s-1"])"), 1);
  EXPECT_EQ(other.result(R"(["stream.version","s-1"])"), 0);
  EXPECT_EQ(own_.ok(R"(["stream.get","s-1"])").body().find("other"), std::string::npos);
  EXPECT_EQ(other.ok(R"(["category.get","s"])").body().find("own"), std::string::npos);
  const std::string grouped = R"(["category.get","s",{"consumerGroup":{"member":0,"size":2}}])";
  EXPECT_EQ(own_.result(grouped).as_array().size(), 2u);
  EXPECT_EQ(other.result(grouped).as_array().size(), 1u);
  EXPECT_EQ(other.result(R"(["ns.categories"])").at(0).at("messageCount"), 1);
}

TEST_P(WireNamespaces, Item127AnEmptyNamespaceListsNoStreams) {
  EXPECT_EQ(own_.ok(R"(["ns.streams"])").body(), "[]");
  EXPECT_EQ(own_.ok(R"(["ns.categories"])").body(), "[]");
}

TEST_P(WireNamespaces, Item128StreamsAreListedOnceByTheirBytes) {
  for (const char* stream : {"a-1", "B-1", "\xc3\xa9-1", "a", "a-1", "Z", "a-1"})
    own_.write(stream);
  EXPECT_EQ(listed(), "B-1 Z a a-1 \xc3\xa9-1 ");
  const auto streams = own_.result(R"(["ns.streams",{"prefix":"a-1"}])");
  EXPECT_EQ(streams.at(0).as_object().size(), 3u);
  EXPECT_EQ(as_int(streams.at(0).at("version")), 2);
  EXPECT_EQ(streams.at(0).at("lastActivity"), own_.result(R"(["stream.last","a-1"])").at(6));
}

TEST_P(WireNamespaces, Item129PrefixIsLiteral) {
  for (const char* stream : {"account-1", "acc_1", "acc%1"}) own_.write(stream);
  EXPECT_EQ(listed(R"({"prefix":"acc_"})"), "acc_1 ");
  EXPECT_EQ(listed(R"({"prefix":"acc%"})"), "acc%1 ");
  EXPECT_EQ(listed(R"({"prefix":"ACC"})"), "");
  EXPECT_EQ(listed(R"({"prefix":"acc"})"), "acc%1 acc_1 account-1 ");
  EXPECT_EQ(listed(R"({"prefix":""})"), "acc%1 acc_1 account-1 ");
}

TEST_P(WireNamespaces, Item130PagesVisitEveryStreamOnce) {
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    const std::string name = "s-" + std::to_string(i * 7 % 25);
    own_.write(name);
    expected.insert(name);
  }
  std::vector<std::string> seen;
  std::string cursor;
  for (;;) {
    const auto page =
        own_.result("[\"ns.streams\",{\"limit\":4,\"cursor\":" + json_text(cursor) + "}]");
    if (page.as_array().empty()) break;
    for (const auto& stream : page.as_array()) seen.push_back(as_string(stream.at("stream")));
    cursor = seen.back();
  }
  EXPECT_EQ(seen, std::vector<std::string>(expected.begin(), expected.end()));
  EXPECT_EQ(listed(R"({"cursor":"s-21x","limit":2})"), "s-22 s-23 ");
  EXPECT_EQ(listed(R"({"cursor":"s-8","prefix":"s-"})"), "s-9 ");
}

TEST_P(WireNamespaces, Item130TheDefaultLimitIsAHundred) {
  for (int i = 0; i < 105; ++i) own_.write("s-" + std::to_string(i));
  EXPECT_EQ(own_.result(R"(["ns.streams"])").as_array().size(), 100u);
  EXPECT_EQ(own_.result(R"(["ns.streams",{"limit":1000}])").as_array().size(), 105u);
}

TEST_P(WireNamespaces, Item131WrongOptionsOfStreams) {
  for (const char* options :
       {R"({"limit":0})", R"({"limit":1001})", R"({"limit":"5"})", R"({"limit":-1})",
        R"({"limit":null})", R"({"limit":1.5})", R"({"prefix":5})", R"({"prefix":null})",
        R"({"cursor":5})", R"({"cursor":null})", "null", "[]", "5"}) {
    own_.refused("[\"ns.streams\"," + std::string(options) + "]");
  }
}

TEST_P(WireNamespaces, Item132CategoriesAreCountedExactly) {
  for (const char* stream :
       {"account-1", "account-2", "account-1", "account", "account:command-1", "B-1", "-x"}) {
    own_.write(stream);
  }
  EXPECT_EQ(own_.ok(R"(["ns.categories"])").body(),
            R"([{"category":"","streamCount":1,"messageCount":1},)"
            R"({"category":"B","streamCount":1,"messageCount":1},)"
            R"({"category":"account","streamCount":3,"messageCount":4},)"
            R"({"category":"account:command","streamCount":1,"messageCount":1}])");
}

TEST_P(WireNamespaces, Item133VersionAndHealth) {
  const std::string version = as_string(own_.result(R"(["sys.version"])"));
  EXPECT_TRUE(std::regex_search(version, std::regex(R"(^\d+\.\d+\.\d+)"))) << version;
  const auto health = own_.result(R"(["sys.health"])");
  EXPECT_EQ(health.at("status"), "ok");
  EXPECT_EQ(health.at("backend"), backend_ == Backend::kSqlite ? "sqlite" : "memory");
  EXPECT_GE(as_int(health.at("connections")), 2) << "own_ and admin_ are open";
}

}  // namespace
}  // namespace eventodb::test
