#include <regex>

#include "auth/token.hpp"
#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

using test::as_int;
using test::as_string;
using test::DispatcherTest;
using test::TestModeDispatcherTest;

std::string create(std::string_view id, std::string_view options = "{}") {
  return "[\"ns.create\",\"" + std::string(id) + "\"," + std::string(options) + "]";
}

using NamespaceMethodsTest = DispatcherTest;
using TestModeNamespaceMethodsTest = TestModeDispatcherTest;

TEST_F(NamespaceMethodsTest, CreateAnswersWithAToken) {
  const auto reply = call_as_default(create("new", R"({"description":"d","metadata":{}})"));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto made = reply.json();
  EXPECT_EQ(made.at("namespace"), "new");
  const std::string token = as_string(made.at("token"));
  EXPECT_EQ(auth::parse_token(token).value(), "new");
  EXPECT_EQ(access_to("new").ns->token_hash(), auth::hash_token(token));
  const auto info = call_as_default("[\"ns.info\",\"new\"]").json();
  EXPECT_EQ(info.at("createdAt"), made.at("createdAt"));
  EXPECT_EQ(info.at("description"), "d");
}

TEST_F(NamespaceMethodsTest, CreateTakesASuppliedToken) {
  const std::string token = auth::generate_token("new");
  const auto reply = call_as_default(create("new", "{\"token\":\"" + token + "\"}"));
  EXPECT_EQ(as_string(reply.json().at("token")), token);
  EXPECT_EQ(access_to("new").ns->token_hash(), auth::hash_token(token));
}

TEST_F(NamespaceMethodsTest, CreateRefusesWrongArguments) {
  const std::string foreign = auth::generate_token("other");
  const std::pair<std::string, const char*> rows[] = {
      {"[\"ns.create\",5]", "namespaceId"},
      {"[\"ns.create\",null]", "namespaceId"},
      {create(""), "namespaceId"},
      {create("a\\u0000b"), "namespaceId"},
      {create("a\\nb"), "namespaceId"},
      {create("a\\u007f"), "namespaceId"},
      {create("a\\u0085b"), "namespaceId"},
      {create(std::string(limits::kNamespaceIdBytesMax + 1, 'n')), "namespaceId"},
      {create("new", "null"), "options"},
      {create("new", "[]"), "options"},
      {create("new", R"({"description":5})"), "description"},
      {create("new", R"({"description":null})"), "description"},
      {create("new", R"({"token":5})"), "token"},
      {create("new", R"({"token":null})"), "token"},
      {create("new", R"({"token":""})"), "token"},
      {create("new", R"({"token":"nonsense"})"), "token"},
      {create("new", "{\"token\":\"" + foreign + "\"}"), "token"},
      {create("new", R"({"metadata":5})"), "metadata"},
      {create("new", R"({"metadata":null})"), "metadata"},
      {create("new", R"({"metadata":[]})"), "metadata"},
      {create("new", R"({"metadata":5,"token":5,"description":5})"), "description"},
      {create("new", R"({"metadata":5,"token":5})"), "token"},
  };
  for (const auto& [body, named] : rows) {
    const auto reply = call_as_default(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_NE(reply.message().find(named), std::string::npos) << body;
  }
  EXPECT_EQ(access_to("new").ns, nullptr);
}

TEST_F(NamespaceMethodsTest, IdsAndDescriptionsHaveALimit) {
  EXPECT_EQ(call_as_default(create(std::string(limits::kNamespaceIdBytesMax, 'n'))).status, 200);
  const auto described = [](std::size_t bytes) {
    return "{\"description\":\"" + std::string(bytes, 'd') + "\"}";
  };
  EXPECT_EQ(call_as_default(create("a", described(limits::kDescriptionBytesMax))).status, 200);
  EXPECT_EQ(call_as_default(create("b", described(limits::kDescriptionBytesMax + 1))).status, 400);
}

TEST_F(NamespaceMethodsTest, MetadataHasALimit) {
  const auto with_metadata = [](std::size_t bytes) {
    const std::string frame = R"({"a":""})";
    return R"({"metadata": {"a" : ")" + std::string(bytes - frame.size(), 'm') + "\"} }";
  };
  constexpr std::size_t kMax = limits::kNamespaceMetadataBytesMax;
  EXPECT_EQ(call_as_default(create("a", with_metadata(kMax))).status, 200);
  const auto refused = call_as_default(create("b", with_metadata(kMax + 1)));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.message().find("metadata"), std::string::npos) << refused.message();
}

TEST_F(NamespaceMethodsTest, IdsMayHoldAnythingElse) {
  for (const char* id : {"a/b", "..", "../x", "a b", "\xc3\xa9\xf0\x9f\x98\x80", "a-b", "a_b",
                         "?&#", "default2", "Tenant", "\xc2\xa0"}) {
    ASSERT_EQ(call_as_default(create(id)).status, 200) << id;
    EXPECT_EQ(
        as_string(
            call_as_default("[\"ns.info\",\"" + std::string(id) + "\"]").json().at("namespace")),
        id);
  }
}

TEST_F(NamespaceMethodsTest, ATakenIdConflicts) {
  const auto reply = call_as_default(create("tenant"));
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.code(), "NAMESPACE_EXISTS");
  EXPECT_EQ(call_as_default(create("default")).status, 409);
}

TEST_F(NamespaceMethodsTest, OnlyTheAdministratorCreatesAndLists) {
  for (const auto& body :
       {create("new"), std::string("[\"ns.list\"]"), std::string("[\"ns.delete\",\"default\"]"),
        std::string("[\"ns.delete\",\"nobody\"]"), std::string("[\"ns.info\",\"default\"]"),
        std::string("[\"ns.info\",\"nobody\"]")}) {
    const auto reply = call(body);
    EXPECT_EQ(reply.status, 403) << body;
    EXPECT_EQ(reply.code(), "AUTH_UNAUTHORIZED") << body;
    EXPECT_EQ(as_string(reply.json().at("error").at("details").at("namespace")), "tenant");
  }
}

TEST_F(NamespaceMethodsTest, ArgumentsAreCheckedBeforePermission) {
  EXPECT_EQ(call("[\"ns.create\",5]").status, 400);
  EXPECT_EQ(call("[\"ns.delete\",\"\"]").status, 400);
  EXPECT_EQ(call("[\"ns.info\"]").status, 400);
}

TEST_F(NamespaceMethodsTest, PermissionIsCheckedBeforeExistence) {
  EXPECT_EQ(call(create("tenant")).status, 403);
  EXPECT_EQ(call("[\"ns.delete\",\"nobody\"]").status, 403);
}

TEST_F(NamespaceMethodsTest, ANamespaceMayInspectAndDeleteItself) {
  EXPECT_EQ(call("[\"ns.info\",\"tenant\"]").status, 200);
  EXPECT_EQ(call("[\"ns.delete\",\"tenant\"]").status, 200);
}

TEST_F(NamespaceMethodsTest, DefaultCannotBeDeleted) {
  const auto reply = call_as_default("[\"ns.delete\",\"default\"]");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.code(), "INVALID_REQUEST");
}

TEST_F(NamespaceMethodsTest, UnknownIdsAreNotFound) {
  for (const char* method : {"ns.info", "ns.delete"}) {
    const auto reply = call_as_default("[\"" + std::string(method) + "\",\"nobody\"]");
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(reply.code(), "NAMESPACE_NOT_FOUND");
  }
}

TEST_F(NamespaceMethodsTest, DeleteCountsTheMessages) {
  write_messages("s-1", 3);
  const auto deleted = call("[\"ns.delete\",\"tenant\"]").json();
  EXPECT_EQ(deleted.at("namespace"), "tenant");
  EXPECT_EQ(as_int(deleted.at("messagesDeleted")), 3);
  EXPECT_TRUE(std::regex_match(as_string(deleted.at("deletedAt")),
                               std::regex(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$)")));
}

TEST_F(NamespaceMethodsTest, InfoCounts) {
  auto info = call("[\"ns.info\",\"tenant\"]").json();
  EXPECT_TRUE(info.at("lastActivity").is_null());
  EXPECT_EQ(as_int(info.at("messageCount")), 0);
  write_messages("a-1", 2);
  write_messages("b-1", 1);
  info = call("[\"ns.info\",\"tenant\"]").json();
  EXPECT_EQ(as_int(info.at("messageCount")), 3);
  EXPECT_EQ(as_int(info.at("streamCount")), 2);
  EXPECT_EQ(info.at("lastActivity"), call("[\"stream.last\",\"b-1\"]").json().at(6));
}

TEST_F(NamespaceMethodsTest, ListShowsEveryNamespaceAndNoToken) {
  write_messages("s-1", 2);
  ASSERT_EQ(call_as_default(create("third")).status, 200);
  for (const char* body :
       {"[\"ns.list\"]", "[\"ns.list\",null]", "[\"ns.list\",{\"limit\":\"x\"}]"}) {
    const auto reply = call_as_default(body);
    ASSERT_EQ(reply.status, 200);
    const auto list = reply.json();
    ASSERT_EQ(list.as_array().size(), 3u);
    EXPECT_EQ(reply.body.find("token"), std::string::npos);
    for (const auto& ns : list.as_array()) {
      EXPECT_EQ(ns.as_object().size(), 4u);
      EXPECT_EQ(as_int(ns.at("messageCount")), ns.at("namespace") == "tenant" ? 2 : 0);
    }
    EXPECT_EQ(list.at(0).at("namespace"), "third");
  }
}

TEST_F(NamespaceMethodsTest, StreamsAreListedByPages) {
  EXPECT_EQ(call("[\"ns.streams\"]").body, "[]");
  for (const char* stream : {"b-1", "a-1", "B-1", "a_2", "a"}) write_messages(stream, 2);
  const auto names = [&](std::string_view options) {
    std::string list;
    const auto reply = call("[\"ns.streams\"," + std::string(options) + "]");
    EXPECT_EQ(reply.status, 200) << reply.body;
    for (const auto& stream : reply.json().as_array()) {
      EXPECT_EQ(as_int(stream.at("version")), 1);
      list += as_string(stream.at("stream")) + " ";
    }
    return list;
  };
  EXPECT_EQ(names("{}"), "B-1 a a-1 a_2 b-1 ");
  EXPECT_EQ(names(R"({"prefix":"a"})"), "a a-1 a_2 ");
  EXPECT_EQ(names(R"({"prefix":"a_"})"), "a_2 ");
  EXPECT_EQ(names(R"({"prefix":"A"})"), "");
  EXPECT_EQ(names(R"({"limit":2})"), "B-1 a ");
  EXPECT_EQ(names(R"({"limit":2,"cursor":"a"})"), "a-1 a_2 ");
  EXPECT_EQ(names(R"({"cursor":"a0"})"), "a_2 b-1 ");
  EXPECT_EQ(names(R"({"limit":1000,"cursor":"zzz"})"), "");
}

TEST_F(NamespaceMethodsTest, StreamsRefusesWrongOptions) {
  const std::pair<const char*, const char*> rows[] = {
      {"null", "options"},
      {R"({"limit":0})", "limit"},
      {R"({"limit":1001})", "limit"},
      {R"({"limit":-1})", "limit"},
      {R"({"limit":"5"})", "limit"},
      {R"({"limit":1.5})", "limit"},
      {R"({"prefix":5})", "prefix"},
      {R"({"prefix":null})", "prefix"},
      {R"({"cursor":5})", "cursor"},
      {R"({"cursor":5,"prefix":5,"limit":0})", "prefix"},
  };
  for (const auto& [options, named] : rows) {
    EXPECT_NE(refusal("[\"ns.streams\"," + std::string(options) + "]").find(named),
              std::string::npos)
        << options;
  }
}

TEST_F(NamespaceMethodsTest, CategoriesAreCountedApart) {
  EXPECT_EQ(call("[\"ns.categories\"]").body, "[]");
  write_messages("account-1", 2);
  write_messages("account-2", 1);
  write_messages("account", 1);
  write_messages("account:command-1", 1);
  EXPECT_EQ(call("[\"ns.categories\"]").body,
            R"([{"category":"account","streamCount":3,"messageCount":4},)"
            R"({"category":"account:command","streamCount":1,"messageCount":1}])");
}

TEST_F(TestModeNamespaceMethodsTest, AnyoneMayAdminister) {
  EXPECT_EQ(call(create("new")).status, 200);
  EXPECT_EQ(call("[\"ns.list\"]").status, 200);
  EXPECT_EQ(call("[\"ns.delete\",\"new\"]").status, 200);
  EXPECT_EQ(call("[\"ns.info\",\"default\"]").status, 200);
  EXPECT_EQ(call("[\"ns.delete\",\"default\"]").status, 400);
}

}  // namespace
}  // namespace eventodb::rpc
