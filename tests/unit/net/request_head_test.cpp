#include "net/request_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventodb::net {
namespace {

class RequestHeadTest : public testing::Test {
 protected:
  RequestHead parse(const std::string& head) {
    text_ = head;
    auto parsed = parse_head(text_, arena_);
    EXPECT_TRUE(parsed.has_value()) << head;
    return parsed ? *parsed : RequestHead();
  }
  RequestHead with_field(const std::string& field, const char* version = "1.1") {
    return parse("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + field + "\r\n\r\n");
  }
  bool fails(const std::string& head) { return !parse_head(head, arena_); }

  base::Arena arena_;
  std::string text_;
};

TEST_F(RequestHeadTest, ReadsTheRequestLine) {
  const RequestHead head = parse("POST /r%70c?token=x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(head.is("POST"));
  EXPECT_EQ(head.target.path, "/rpc");
  EXPECT_EQ(head.target.query, "token=x");
  EXPECT_TRUE(head.http11);
  EXPECT_TRUE(parse("FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n").is("FROBNICATE"));
}

TEST_F(RequestHeadTest, ReadsTheFieldsWeUse) {
  const RequestHead head = parse(
      "GET / HTTP/1.1\r\nHost: a\r\nauthorization: Bearer x y \r\nORIGIN: http://b\r\n"
      "Access-Control-Request-Method: POST\r\nlast-event-ID: 7\r\nAuthorization: second\r\n\r\n");
  EXPECT_EQ(head.authorization, "Bearer x y");
  EXPECT_EQ(head.origin, "http://b");
  EXPECT_EQ(head.requested_method, "POST");
  EXPECT_EQ(head.last_event_id, "7");
}

TEST_F(RequestHeadTest, KnowsWhenTheConnectionStays) {
  EXPECT_TRUE(with_field("A: b").keep_alive);
  EXPECT_TRUE(with_field("Connection: keep-alive").keep_alive);
  EXPECT_FALSE(with_field("Connection: close").keep_alive);
  EXPECT_FALSE(with_field("Connection: foo, CLOSE").keep_alive);
  EXPECT_FALSE(with_field("A: b", "1.0").keep_alive);
  EXPECT_FALSE(with_field("Connection: keep-alive", "1.0").keep_alive);
}

TEST_F(RequestHeadTest, KnowsExpectationAndEncoding) {
  EXPECT_TRUE(with_field("Expect: 100-continue").expect_continue);
  EXPECT_TRUE(with_field("expect: 100-Continue").expect_continue);
  EXPECT_FALSE(with_field("Expect: 100-continue", "1.0").expect_continue);
  EXPECT_FALSE(with_field("A: b").expect_continue);
  EXPECT_TRUE(with_field("Content-Encoding: gzip").encoded);
  EXPECT_FALSE(with_field("Content-Encoding: Identity").encoded);
  EXPECT_FALSE(with_field("A: b").encoded);
}

TEST_F(RequestHeadTest, RefusesWhatIsNoHead) {
  EXPECT_TRUE(fails("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(fails("GET / HTTP/1.1\r\nHo st: a\r\n\r\n"));
  EXPECT_TRUE(fails("GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n"));
  EXPECT_TRUE(fails("GET / HTTP/1.1\r\nHost: a\r\n"));
}

TEST_F(RequestHeadTest, TakesAHeadOfTheLargestSize) {
  const RequestHead head = with_field("A: " + std::string(16'000, 'b'));
  EXPECT_EQ(head.target.path, "/");
}

}  // namespace
}  // namespace eventodb::net
