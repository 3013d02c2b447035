// The items of the protocol's checklist about transport, by number.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_client.hpp"
#include "support/json.hpp"
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

HttpFields bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

/// Every item on both backends; `client_` has sent nothing yet.
class Transport : public testing::TestWithParam<Backend> {
 protected:
  HttpResponse rpc(std::string_view body) { return client_.rpc(body, admin_token()); }
  std::string code_of(const HttpResponse& response) {
    return as_string(parse_json(response.body).at("error").at("code"));
  }
  void expect_invalid(std::string_view body) {
    const HttpResponse response = rpc(body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(code_of(response), "INVALID_REQUEST") << body;
  }

  HttpClient client_{server_port(GetParam())};
};

class TransportAuthMode : public testing::Test {
 protected:
  HttpClient client_{server_port(Backend::kSqlite)};
};

INSTANTIATE_TEST_SUITE_P(Wire, Transport, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(Transport, Item001_HealthNeedsNoCredentials) {
  const HttpResponse response = client_.request("GET", "/health");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("Content-Type"), "application/json");
  EXPECT_EQ(response.body, R"({"status":"ok"})");
}

TEST_P(Transport, Item002_HeadHealthHasNoBody) {
  const HttpResponse response = client_.request("HEAD", "/health");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("Content-Length"), "15");
  EXPECT_EQ(client_.request("GET", "/health").body, R"({"status":"ok"})");
}

TEST_P(Transport, Item003_VersionEqualsSysVersion) {
  const HttpResponse response = client_.request("GET", "/version");
  EXPECT_EQ(response.status, 200);
  const std::string version = as_string(parse_json(response.body).at("version"));
  EXPECT_EQ(response.body, "{\"version\":\"" + version + "\"}");
  EXPECT_EQ(rpc(R"(["sys.version"])").body, "\"" + version + "\"");
  EXPECT_EQ(client_.request("HEAD", "/version").status, 200);
}

TEST_P(Transport, Item004_UnknownPathsAreNotFound) {
  for (const HttpFields& fields : {HttpFields(), bearer(admin_token()), bearer("nonsense")}) {
    for (const char* path : {"/", "/nothing", "/RPC", "/rpc2", "/health/", "/%72pc/"}) {
      const HttpResponse response = client_.request("GET", path, {}, fields);
      EXPECT_EQ(response.status, 404) << path;
      EXPECT_EQ(response.field("Content-Type"), "application/json");
      EXPECT_EQ(code_of(response), "NOT_FOUND");
    }
  }
}

TEST_P(Transport, Item005_ATrailingSlashIsAnotherPath) {
  EXPECT_EQ(client_.request("POST", "/rpc/", R"(["sys.version"])", bearer(admin_token())).status,
            404);
  for (const char* same : {"//rpc", "/./rpc", "/x/../rpc", "/%72pc", "/rpc?a=b"}) {
    EXPECT_EQ(client_.request("POST", same, R"(["sys.version"])", bearer(admin_token())).status,
              200)
        << same;
  }
}

TEST_P(Transport, Item006_OnlyPostOnRpc) {
  for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const HttpResponse response = client_.request(method, "/rpc", {}, bearer(admin_token()));
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(code_of(response), "INVALID_REQUEST");
    EXPECT_EQ(response.field("Allow"), "POST, OPTIONS");
  }
}

TEST_F(TransportAuthMode, Item007_CredentialsAreCheckedBeforeTheMethod) {
  EXPECT_EQ(client_.request("GET", "/rpc").status, 401);
  EXPECT_EQ(client_.request("GET", "/rpc", {}, bearer(made_token("nobody"))).status, 403);
}

TEST_P(Transport, Item008_AnEmptyBodyIsInvalid) {
  expect_invalid("");
  expect_invalid(" \n\t ");
}

TEST_P(Transport, Item009_BrokenJsonSaysWhy) {
  for (const char* body : {"[", "[\"sys.version\"", "[\"sys.version\",]", "nul", "{\"a\":}"}) {
    const HttpResponse response = rpc(body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(code_of(response), "INVALID_REQUEST") << body;
    const auto error = parse_json(response.body).at("error");
    EXPECT_TRUE(error.at("details").at("error").is_string()) << body;
  }
}

TEST_P(Transport, Item010_AnObjectIsInvalid) {
  expect_invalid(R"({"method":"sys.version"})");
}

TEST_P(Transport, Item011_OnlyWhiteSpaceMayFollow) {
  expect_invalid(R"(["sys.version"]x)");
  expect_invalid(R"(["sys.version"] ["sys.version"])");
  EXPECT_EQ(rpc(" [\"sys.version\"] \r\n\t ").status, 200);
}

TEST_P(Transport, Item012_EmptyArrayAndNullAreInvalid) {
  expect_invalid("[]");
  expect_invalid("null");
}

TEST_P(Transport, Item013_TheMethodIsAString) {
  expect_invalid("[123]");
}

TEST_P(Transport, Item014_AnUnknownMethodIsNotFound) {
  for (const char* name : {"no.such", "Stream.Get", "stream.get ", "STREAM.GET", ""}) {
    const HttpResponse response = rpc("[\"" + std::string(name) + "\",\"a\"]");
    EXPECT_EQ(response.status, 404) << name;
    EXPECT_EQ(parse_json(response.body).at("error").at("code"), "METHOD_NOT_FOUND") << name;
  }
}

TEST_P(Transport, Item015_SurplusArgumentsAndUnknownOptionsAreIgnored) {
  const std::string created = "\"item15-" + std::to_string(::getpid()) + "\"";
  for (const std::string& body :
       {std::string(R"(["stream.write","a-1",{"type":"T","data":{},"x":1},{"x":[1]},5])"),
        std::string(R"(["stream.get","a-1",{"x":1,"batchsize":"no"},5,{"batchSize":"no"}])"),
        std::string(R"(["stream.last","a-1",{"x":1,"Type":5},null])"),
        std::string(R"(["stream.version","a-1",{"position":"no"},7])"),
        std::string(R"(["category.get","a",{"x":{"size":0},"Position":"no"},5])"),
        "[\"ns.create\"," + created + R"(,{"x":1,"Description":5},null])",
        "[\"ns.info\"," + created + ",{},1]", "[\"ns.delete\"," + created + ",{},1]",
        std::string(R"(["ns.list",{"x":1},2])"),
        std::string(R"(["ns.streams",{"x":1,"Limit":"no"},2])"),
        std::string(R"(["ns.categories",{"x":1},2])"), std::string(R"(["sys.version",1,{},[]])"),
        std::string(R"(["sys.health",1,{},[]])")}) {
    const HttpResponse response = rpc(body);
    EXPECT_EQ(response.status, 200) << body << " -> " << response.body;
  }
}

TEST_P(Transport, Item016_EveryErrorHasTheOneShape) {
  for (const char* body : {"", "{}", "[1]", "[\"no.such\"]", "[\"stream.get\"]",
                           "[\"ns.info\",\"there-is-none\"]", "[\"stream.get\",\"a\",null]"}) {
    const HttpResponse response = rpc(body);
    EXPECT_GE(response.status, 400) << body;
    EXPECT_EQ(response.field("Content-Type"), "application/json");
    const auto error = parse_json(response.body).at("error");
    EXPECT_TRUE(error.at("code").is_string()) << body;
    EXPECT_TRUE(error.at("message").is_string()) << body;
  }
}

TEST_P(Transport, Item017_ContentTypeAndAcceptDoNotMatter) {
  for (const HttpFields& extra :
       {HttpFields(), HttpFields{{"Content-Type", "text/plain"}, {"Accept", "image/png"}},
        HttpFields{{"Content-Type", ""}}}) {
    HttpFields fields = bearer(admin_token());
    fields.insert(fields.end(), extra.begin(), extra.end());
    EXPECT_EQ(client_.request("POST", "/rpc", R"(["sys.version"])", fields).status, 200);
  }
}

TEST_P(Transport, Item018_ChunkedBodyWorksLikeOneWithALength) {
  const std::string head = "POST /rpc HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                           admin_token() + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "7\r\n[\"sys.v\r\n8;a=b\r\nersion\"]\r\n0\r\n\r\n";
  const std::string wanted = rpc(R"(["sys.version"])").body;
  client_.send(head + body + head + body);
  EXPECT_EQ(client_.receive().body, wanted);
  EXPECT_EQ(client_.receive().body, wanted);
  client_.send_bytewise(head + body);
  EXPECT_EQ(client_.receive().body, wanted);
}

TEST_P(Transport, Item019_ExpectGetsTheInterimAnswer) {
  const std::string body = R"(["sys.version"])";
  client_.send("POST /rpc HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + admin_token() +
               "\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n");
  EXPECT_EQ(client_.receive().status, 100);
  client_.send(body);
  EXPECT_EQ(client_.receive().status, 200);
}

TEST_P(Transport, Item020_ManyCallsOverOneConnection) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rpc(R"(["sys.version"])").status, 200);
}

TEST_P(Transport, Item021_ABodyOverTheLimitIsRefusedWithJson) {
  const std::string head =
      "POST /rpc HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + admin_token() + "\r\n";
  for (const char* announced :
       {"Content-Length: 104857601\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n6400001\r\n"}) {
    HttpClient client(server_port(GetParam()));
    client.send(head + announced);
    const HttpResponse response = client.receive();
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(code_of(response), "INVALID_REQUEST");
    EXPECT_EQ(response.field("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
  }
}

TEST_P(Transport, Item021_ABodyAtTheLimitIsRead) {
  std::string body(104'857'600, ' ');
  const std::string_view call = R"(["sys.version"])";
  body.replace(0, call.size(), call);
  EXPECT_EQ(rpc(body).status, 200);
}

TEST_P(Transport, Item022_NullIsFourBytes) {
  const HttpResponse response = rpc(R"(["stream.version","never-written"])");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "null");
  EXPECT_EQ(response.field("Content-Length"), "4");
}

TEST_P(Transport, Item023_LargeMessagesComeBackUnchanged) {
  for (const std::size_t bytes : {100'000u, 5'000'000u}) {
    const std::string stream = "large-" + std::to_string(bytes);
    const std::string data = "{\"text\":\"" + std::string(bytes, 'x') + "\"}";
    const HttpResponse written =
        rpc("[\"stream.write\",\"" + stream + "\",{\"type\":\"T\",\"data\":" + data + "}]");
    ASSERT_EQ(written.status, 200) << written.body;
    const HttpResponse read = rpc("[\"stream.last\",\"" + stream + "\"]");
    EXPECT_NE(read.body.find(data), std::string::npos) << bytes;
  }
}

TEST_P(Transport, Item024_LargeHeadersAreAccepted) {
  HttpFields fields = bearer(admin_token());
  fields.emplace_back("X-Large", std::string(8 * 1024, 'x'));
  EXPECT_EQ(client_.request("POST", "/rpc", R"(["sys.version"])", fields).status, 200);
}

TEST_P(Transport, AnswersPreflightsOfBrowsers) {
  const HttpResponse response =
      client_.request("OPTIONS", "/rpc", {},
                      {{"Origin", "http://example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(response.field("Access-Control-Allow-Headers"), "Authorization, Content-Type");
  EXPECT_EQ(rpc(R"(["sys.version"])").field("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(client_.request("GET", "/health").field("Access-Control-Allow-Origin"));
}

const std::vector<std::string> kDebugPaths{"/debug", "/debug/", "/debug/pprof/cmdline",
                                           "/debug/nothing"};

TEST_F(TransportAuthMode, Item025_DebugIsForTheAdministrator) {
  HttpClient admin(server_port(Backend::kSqlite));
  const std::string created = admin.rpc(R"(["ns.create","debug-guest"])", admin_token()).body;
  const std::string guest = as_string(parse_json(created).at("token"));
  for (const std::string& path : kDebugPaths) {
    EXPECT_EQ(client_.request("GET", path).status, 401) << path;
    EXPECT_EQ(client_.request("GET", path, {}, bearer(guest)).status, 403) << path;
  }
  EXPECT_EQ(client_.request("GET", "/debug/", {}, bearer(admin_token())).status, 200);
  admin.rpc(R"(["ns.delete","debug-guest"])", admin_token());
}

TEST(TransportTestMode, Item025_DebugIsOpen) {
  HttpClient client(server_port(Backend::kTestMode));
  EXPECT_EQ(client.request("GET", "/debug/").status, 200);
  EXPECT_EQ(client.request("GET", "/debug/nothing").status, 404);
}

TEST_P(Transport, Item025_TheCommandLineShowsNoSecret) {
  const HttpResponse response =
      client_.request("GET", "/debug/pprof/cmdline", {}, bearer(admin_token()));
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("serve"), std::string::npos);
  EXPECT_EQ(response.body.find(admin_token()), std::string::npos);
  EXPECT_NE(response.body.find("***"), std::string::npos) << "the server was given a token";
}

}  // namespace
}  // namespace eventodb::test
