#include "net/request_target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace eventodb::net {
namespace {

std::string path_of(std::string_view target) {
  base::Arena arena;
  return std::string(split_target(target, arena).path);
}

std::string token_of(std::string_view query) {
  base::Arena arena;
  return std::string(query_parameter(query, "token", arena));
}

TEST(RequestTarget, NormalizesThePath) {
  const std::pair<const char*, const char*> rows[] = {
      {"/rpc", "/rpc"},
      {"/", "/"},
      {"/rpc/", "/rpc/"},
      {"/%72pc", "/rpc"},
      {"/%72p%63", "/rpc"},
      {"//rpc", "/rpc"},
      {"/%2Frpc", "/rpc"},
      {"///rpc", "/rpc"},
      {"/rpc//", "/rpc/"},
      {"/./rpc", "/rpc"},
      {"/a/../rpc", "/rpc"},
      {"/a/b/../../rpc", "/rpc"},
      {"/../../rpc", "/rpc"},
      {"/%2e%2E/rpc", "/rpc"},
      {"/rpc/.", "/rpc/"},
      {"/rpc/x/..", "/rpc/"},
      {"/rpc/..", "/"},
      {"/..", "/"},
      {"/.hidden", "/.hidden"},
      {"/a/..b", "/a/..b"},
      {"/debug//pprof/./cmdline", "/debug/pprof/cmdline"},
      {"/%7", "/%7"},
      {"/%zz", "/%zz"},
      {"/a+b", "/a+b"},
      {"/rpc%00", nullptr},  // a NUL byte stays in the path
      {"/rpc?token=a/../b", "/rpc"},
      {"http://localhost:8080/rpc?x", "/rpc"},
      {"http://localhost", "/"},
      {"http://localhost?x", ""},
      {"*", "*"},
      {"localhost:80", "localhost:80"},
  };
  for (const auto& [target, path] : rows) {
    const std::string wanted = path == nullptr ? std::string("/rpc\0", 5) : std::string(path);
    EXPECT_EQ(path_of(target), wanted) << target;
  }
}

TEST(RequestTarget, KeepsTheQueryAsSent) {
  base::Arena arena;
  EXPECT_EQ(split_target("/rpc?a=%20&b=?", arena).query, "a=%20&b=?");
  EXPECT_EQ(split_target("/rpc?", arena).query, "");
  EXPECT_EQ(split_target("/rpc", arena).query, "");
}

TEST(RequestTarget, FormDecodesAParameter) {
  EXPECT_EQ(token_of("token=abc"), "abc");
  EXPECT_EQ(token_of("a=b&token=a%62c&c=d"), "abc");
  EXPECT_EQ(token_of("%74oken=abc"), "abc");
  EXPECT_EQ(token_of("token=a+b%2Bc"), "a b+c");
  EXPECT_EQ(token_of("token=a=b"), "a=b");
  EXPECT_EQ(token_of("token=first&token=second"), "first");
  EXPECT_EQ(token_of("token=%zz%4"), "%zz%4");
}

TEST(RequestTarget, AnAbsentOrEmptyParameterIsEmpty) {
  for (const char* query : {"", "&", "token", "token=", "Token=a", "xtoken=a", "a=token"}) {
    EXPECT_EQ(token_of(query), "") << query;
  }
}

}  // namespace
}  // namespace eventodb::net
