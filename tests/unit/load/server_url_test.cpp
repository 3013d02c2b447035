#include "load/server_url.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace eventodb::load {
namespace {

TEST(ServerUrl, IsTakenApart) {
  const auto plain = parse_server_url("http://host");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "host");
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(plain->path_prefix, "");
  const auto full = parse_server_url("http://127.0.0.1:8080/behind/a/proxy//");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->authority(), "127.0.0.1:8080");
  EXPECT_EQ(full->path_prefix, "/behind/a/proxy");
}

TEST(ServerUrl, AnIpv6LiteralKeepsItsBracketsInTheHostField) {
  const auto url = parse_server_url("http://[::1]:9000/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, "9000");
  EXPECT_EQ(url->authority(), "[::1]:9000");
  EXPECT_EQ(url->path_prefix, "");
}

TEST(ServerUrl, AnythingElseIsRefused) {
  for (const char* text :
       {"", "host", "https://host", "http://", "http://:80", "http://host:", "http://host:http",
        "http://host:123456", "http://[::1", "http://[::1]x", "http://ho st", "http://host?a",
        "http://host#a", "http://h\xc3\xb6st", "http://[]"}) {
    EXPECT_FALSE(parse_server_url(text)) << text;
  }
}

TEST(ServerUrl, AServerThatListensIsFound) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const ServerUrl url{
      .host = "127.0.0.1", .port = std::to_string(ntohs(address.sin_port)), .path_prefix = {}};
  std::string why;
  EXPECT_FALSE(find_server(url, why)) << "bound, but nobody listens";
  EXPECT_EQ(why, "Connection refused");
  ASSERT_EQ(listen(fd, 1), 0);
  const auto found = find_server(url, why);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->storage.ss_family, AF_INET);
  close(fd);
}

}  // namespace
}  // namespace eventodb::load
