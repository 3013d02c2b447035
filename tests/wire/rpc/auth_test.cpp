// Authentication: items 26 to 53 of the protocol's checklist (40 to 44 and 50 restart the server:
// cli_test.cpp).
#include <algorithm>
#include <cctype>
#include <regex>
#include <thread>

#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

const std::string kVersion = R"(["sys.version"])";
const std::string kWrite = R"(["stream.write","s-1",{"type":"T","data":{}}])";

using WireAuth = AuthMode;
using WireAuthInTestMode = TestMode;
EVENTODB_WIRE_SUITE(WireTokens);

std::string bearer(const std::string& token) {
  return "Bearer " + token;
}

Reply rpc(std::uint16_t port, const std::string& target, const HttpFields& fields = {}) {
  return Reply(HttpClient(port).request("POST", target, kVersion, fields));
}

TEST_F(WireAuth, Item026WithoutCredentials) {
  const auto reply = rpc(port_, "/rpc");
  EXPECT_EQ(reply.status(), 401);
  EXPECT_EQ(reply.code(), "AUTH_REQUIRED");
}

TEST_F(WireAuth, ATokenOfADeletedNamespaceReachesNoneThatHasTheIdSince) {
  for (const std::string method : {"ns.delete", "ns.info"}) {
    Caller admin(port_, admin_token());
    const std::string id = "gone-" + method;
    const std::string create = "[\"ns.create\"," + json_text(id) + "]";
    const std::string remove = "[\"ns.delete\"," + json_text(id) + "]";
    const std::string body = "[\"" + method + "\"," + json_text(id) + "]";
    const std::string old_token(admin.result(create).at("token").as_string());
    // Its head is answered, so its token was good; the body comes when the id is another's.
    HttpClient late(port_);
    late.send("POST /rpc HTTP/1.1\r\nHost: a\r\nAuthorization: " + bearer(old_token) +
              "\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
    EXPECT_EQ(late.receive_bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
    admin.ok(remove);
    admin.ok(create);
    late.send(body);
    EXPECT_EQ(late.receive().status, 404) << method;
    admin.ok("[\"ns.info\"," + json_text(id) + "]");
    admin.ok(remove);
  }
}

TEST_F(WireAuth, Item027WithoutTheScheme) {
  for (const auto& value : {token_, "bearer " + token_, "Basic " + token_, std::string("Bearer"),
                            std::string("Bearer ")}) {
    const auto reply = rpc(port_, "/rpc", {{"Authorization", value}});
    EXPECT_EQ(reply.status(), 401) << value;
    EXPECT_EQ(reply.code(), "AUTH_REQUIRED") << value;
  }
}

TEST_F(WireAuth, Item028AMalformedTokenSaysWhy) {
  const auto reply = rpc(port_, "/rpc", {{"Authorization", "Bearer nonsense"}});
  EXPECT_EQ(reply.status(), 401);
  EXPECT_EQ(reply.code(), "AUTH_INVALID_TOKEN");
  EXPECT_TRUE(reply.details().at("error").is_string());
}

TEST_F(WireAuth, Item029EachRowOfTheGrammarIsRefused) {
  const std::string zeros(64, '0');
  for (const auto& token :
       {"tk_ZGVmYXVsdA_" + zeros, "NS_ZGVmYXVsdA_" + zeros, std::string("ns_ZGVmYXVsdA"),
        "ns_ZGVmYXVsdA_" + zeros.substr(1), "ns_ZGVmYXVsdA_0" + zeros,
        "ns_ZGVmYXVsdA_g" + zeros.substr(1), "ns_ZGVmYXVsdA=_" + zeros, "ns_ZGVm+XVsdA_" + zeros,
        "ns_ZGVmY_" + zeros, "ns__" + zeros}) {
    const auto reply = rpc(port_, "/rpc", {{"Authorization", bearer(token)}});
    EXPECT_EQ(reply.status(), 401) << token;
    EXPECT_EQ(reply.code(), "AUTH_INVALID_TOKEN") << token;
  }
}

TEST_F(WireAuth, Item030AnUnknownNamespace) {
  const auto reply = rpc(port_, "/rpc", {{"Authorization", bearer(made_token("nobody"))}});
  EXPECT_EQ(reply.status(), 403);
  EXPECT_EQ(reply.code(), "AUTH_UNAUTHORIZED");
  EXPECT_EQ(reply.details().at("namespace"), "nobody");
}

TEST_F(WireAuth, Item031AWrongSecret) {
  const auto reply = rpc(port_, "/rpc", {{"Authorization", bearer(made_token("default", '1'))}});
  EXPECT_EQ(reply.status(), 403);
  EXPECT_EQ(reply.code(), "AUTH_UNAUTHORIZED");
  EXPECT_EQ(reply.details().at("namespace"), "default");
}

TEST_F(WireAuth, Item032TheCaseOfTheSecretCounts) {
  std::string upper = token_;
  std::transform(upper.end() - 64, upper.end(), upper.end() - 64,
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  ASSERT_NE(upper, token_);
  EXPECT_EQ(rpc(port_, "/rpc", {{"Authorization", bearer(upper)}}).status(), 403);
}

TEST_F(WireAuth, Item033TheQueryTokenWorksEverywhere) {
  EXPECT_EQ(rpc(port_, "/rpc?token=" + token_).status(), 200);
  EXPECT_EQ(rpc(port_, "/rpc?other=x&token=" + token_ + "&last").status(), 200);
  HttpClient subscriber(port_);
  subscriber.send("GET /subscribe?stream=s-1&token=" + token_ + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(subscriber.receive_head().status, 200);
}

TEST_F(WireAuth, Item034AnInvalidQueryTokenIsNotReplacedByTheHeader) {
  const HttpFields header = {{"Authorization", bearer(token_)}};
  EXPECT_EQ(rpc(port_, "/rpc?token=nonsense", header).code(), "AUTH_INVALID_TOKEN");
  EXPECT_EQ(rpc(port_, "/rpc?token=" + made_token("nobody"), header).code(), "AUTH_UNAUTHORIZED");
}

TEST_F(WireAuth, Item035AnEmptyQueryTokenFallsBackToTheHeader) {
  const HttpFields header = {{"Authorization", bearer(token_)}};
  EXPECT_EQ(rpc(port_, "/rpc?token=", header).status(), 200);
  EXPECT_EQ(rpc(port_, "/rpc?token", header).status(), 200);
  EXPECT_EQ(rpc(port_, "/rpc?token=").code(), "AUTH_REQUIRED");
}

TEST_F(WireAuth, Item036SystemMethodsNeedAToken) {
  Caller anonymous(port_, "");
  EXPECT_EQ(anonymous.call(kVersion).status(), 401);
  EXPECT_EQ(anonymous.call(R"(["sys.health"])").status(), 401);
  EXPECT_EQ(own_.call(kVersion).status(), 200);
  EXPECT_EQ(own_.call(R"(["sys.health"])").status(), 200);
}

TEST_F(WireAuth, TokensMayChangeOnOneConnection) {
  HttpClient client(port_);
  EXPECT_EQ(client.rpc(kVersion, token_).status, 200);
  EXPECT_EQ(client.rpc(kVersion, made_token("default", '1')).status, 403);
  EXPECT_EQ(client.rpc(kVersion).status, 401);
  EXPECT_EQ(client.rpc(kVersion, admin_token()).status, 200);
  EXPECT_EQ(client.rpc(kVersion, token_).status, 200);
}

TEST_P(WireTokens, Item037GeneratedTokensFitTheGrammarAndDiffer) {
  const std::string first = create_namespace(namespace_id_ + "a");
  const std::string second = create_namespace(namespace_id_ + "b");
  const std::regex grammar("^ns_[A-Za-z0-9_-]+_[0-9a-f]{64}$");
  EXPECT_TRUE(std::regex_match(first, grammar)) << first;
  EXPECT_TRUE(std::regex_match(second, grammar)) << second;
  EXPECT_NE(first.substr(first.size() - 64), second.substr(second.size() - 64));
}

TEST_P(WireTokens, Item038TheTokenNamesItsNamespace) {
  const std::string made = made_token(namespace_id_);
  EXPECT_EQ(token_.substr(0, token_.size() - 64), made.substr(0, made.size() - 64));
}

TEST_P(WireTokens, Item039AnEncodedIdMayHoldAnUnderscore) {
  const std::string token = create_namespace("ab?");
  EXPECT_TRUE(token.starts_with("ns_YWI__")) << token;
  Caller caller = connect_with(token);
  EXPECT_EQ(as_int(caller.write("s-1").at("position")), 0);
  EXPECT_EQ(as_string(admin_.result(R"(["ns.info","ab?"])").at("namespace")), "ab?");
}

TEST_F(WireAuthInTestMode, Item045WithoutCredentialsInDefault) {
  Caller anonymous(port_, "");
  anonymous.write("item45-1");
  EXPECT_EQ(admin_.result(R"(["stream.version","item45-1"])"), 0);
  EXPECT_EQ(own_.result(R"(["stream.version","item45-1"])"), json::value());
}

TEST_F(WireAuthInTestMode, Item046AnUnparsableTokenRunsInDefault) {
  for (const std::string token : {"nonsense", "ns_x", "ns_ZGVmYXVsdA"}) {
    Caller caller(port_, token);
    const std::string stream = "item46-" + token;
    caller.write(stream);
    EXPECT_EQ(admin_.result("[\"stream.version\"," + json_text(stream) + "]"), 0);
  }
}

TEST_F(WireAuthInTestMode, Item047AnyWellFormedTokenOfTheNamespaceIsTaken) {
  own_.write("s-1");
  for (const char digit : {'0', 'a', 'F'}) {
    Caller caller(port_, made_token(namespace_id_, digit));
    EXPECT_EQ(caller.result(R"(["stream.version","s-1"])"), 0);
  }
}

TEST_F(WireAuthInTestMode, Item048TheFirstWriteCreatesTheNamespace) {
  const std::string id = namespace_id_ + "-new";
  created_.push_back(id);
  std::vector<std::thread> writers;
  std::atomic<int> successes = 0;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&] {
      Caller caller(port_, made_token(id));
      if (caller.call(kWrite).status() == 200) ++successes;
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(successes, 8);
  const auto info = admin_.result("[\"ns.info\"," + json_text(id) + "]");
  EXPECT_EQ(as_int(info.at("messageCount")), 8);
  EXPECT_NE(as_string(info.at("description")).find("automatically"), std::string::npos);
}

TEST_F(WireAuthInTestMode, Item049AReadInAnUnknownNamespaceIsNotFound) {
  Caller caller(port_, made_token("nobody"));
  for (const char* body :
       {R"(["stream.get","s"])", R"(["stream.last","s"])", R"(["stream.version","s"])",
        R"(["category.get",""])", R"(["ns.streams"])", R"(["ns.categories"])"}) {
    const auto reply = caller.call(body);
    EXPECT_EQ(reply.status(), 404) << body;
    EXPECT_EQ(reply.code(), "NAMESPACE_NOT_FOUND") << body;
  }
}

TEST_F(WireAuth, Item051AForeignNamespaceIsOutOfReach) {
  const std::string other = namespace_id_ + "-other";
  create_namespace(other);
  for (const auto& body :
       {"[\"ns.create\",\"x-" + namespace_id_ + "\"]", std::string(R"(["ns.list"])"),
        "[\"ns.delete\"," + json_text(other) + "]", "[\"ns.info\"," + json_text(other) + "]",
        std::string(R"(["ns.delete","nobody"])"), std::string(R"(["ns.info","nobody"])"),
        std::string(R"(["ns.delete","default"])"), std::string(R"(["ns.info","default"])")}) {
    const auto reply = own_.call(body);
    EXPECT_EQ(reply.status(), 403) << body;
    EXPECT_EQ(reply.code(), "AUTH_UNAUTHORIZED") << body;
    EXPECT_TRUE(reply.details().at("namespace").is_string()) << body;
  }
  EXPECT_EQ(admin_.call("[\"ns.info\"," + json_text(other) + "]").status(), 200);
}

TEST_F(WireAuth, Item052TheOwnNamespaceIsInReach) {
  EXPECT_EQ(own_.call("[\"ns.info\"," + json_text(namespace_id_) + "]").status(), 200);
  EXPECT_EQ(own_.call("[\"ns.delete\"," + json_text(namespace_id_) + "]").status(), 200);
  EXPECT_EQ(admin_.call("[\"ns.info\"," + json_text(namespace_id_) + "]").status(), 404);
}

TEST_F(WireAuth, Item053DefaultCannotBeDeleted) {
  EXPECT_EQ(admin_.call(R"(["ns.delete","default"])").status(), 400);
  EXPECT_EQ(admin_.call(kVersion).status(), 200);
}

}  // namespace
}  // namespace eventodb::test
