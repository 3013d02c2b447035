#include "net/http_session.hpp"

#include <gtest/gtest.h>

#include <string>

#include "eventodb/limits.hpp"
#include "unit/net/running_server.hpp"

namespace eventodb::net::test {
namespace {

using eventodb::test::http_request;
using eventodb::test::HttpClient;
using eventodb::test::HttpFields;
using eventodb::test::HttpResponse;

Server::Options small_bodies(std::size_t bytes_max) {
  Server::Options options;
  options.body_bytes_max = bytes_max;
  return options;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(HttpSession, AnswersManyRequestsOverOneConnection) {
  RunningServer server;
  auto client = server.connect();
  for (int i = 0; i < 100; ++i) {
    const std::string body(static_cast<std::size_t>(i), 'b');
    const HttpResponse response = client.request("POST", "/echo", body);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, body);
    EXPECT_EQ(response.field("Content-Type"), "application/json");
    EXPECT_FALSE(response.field("Connection"));
  }
  EXPECT_EQ(server.server().connections(), 1);
}

TEST(HttpSession, TakesBodiesOfAnySize) {
  RunningServer server;
  auto client = server.connect();
  for (const std::size_t bytes : {1u, 4096u, 8192u, 65'536u, 65'537u, 5'000'000u}) {
    std::string body(bytes, 'x');
    body.back() = 'y';
    EXPECT_EQ(client.request("POST", "/echo", body).body, body) << bytes;
  }
}

TEST(HttpSession, AnswersPipelinedRequestsInOrder) {
  RunningServer server;
  auto client = server.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += http_request("POST", "/echo", std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(client.receive().body, std::to_string(i));
}

TEST(HttpSession, AnswersAPipelinedRequestBeforeTheNextIsComplete) {
  RunningServer server;
  auto client = server.connect();
  const std::string second = http_request("POST", "/echo", "second");
  client.send(http_request("POST", "/echo", "first") + second.substr(0, second.size() - 3));
  EXPECT_EQ(client.receive().body, "first");
  client.send("ond");
  EXPECT_EQ(client.receive().body, "second");
}

TEST(HttpSession, TakesBytesInAnySegmentation) {
  RunningServer server;
  auto client = server.connect();
  client.send_bytewise("\r\n" + http_request("POST", "/echo", "first") + "\r\n" +
                       http_request("POST", "/echo", "second"));
  EXPECT_EQ(client.receive().body, "first");
  EXPECT_EQ(client.receive().body, "second");
}

TEST(HttpSession, TakesChunkedBodies) {
  RunningServer server;
  auto client = server.connect();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  client.send(request + request);
  EXPECT_EQ(client.receive().body, "abcde");
  EXPECT_EQ(client.receive().body, "abcde");
  client.send_bytewise(request);
  EXPECT_EQ(client.receive().body, "abcde");
}

TEST(HttpSession, AnswersExpectContinueBeforeTheBody) {
  RunningServer server;
  auto client = server.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("body");
  EXPECT_EQ(client.receive().body, "body");
  EXPECT_EQ(client.request("POST", "/echo", "next").body, "next");
}

TEST(HttpSession, DoesNotInviteABodyItRefuses) {
  RunningServer server(small_bodies(10));
  auto client = server.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  const HttpResponse response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSession, RefusesABodyOverTheLimitBeforeReadingIt) {
  RunningServer server(small_bodies(1000));
  auto client = server.connect();
  EXPECT_EQ(client.request("POST", "/echo", std::string(1000, 'x')).status, 200);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
  const HttpResponse response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_NE(response.body.find("\"INVALID_REQUEST\""), std::string::npos);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSession, RefusesAChunkedBodyWhenItPassesTheLimit) {
  RunningServer server(small_bodies(1000));
  auto client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
              std::string(1000, 'x') + "\r\n1\r\n");
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSession, TheClientOfAHugeBodySeesTheRefusal) {
  RunningServer server(small_bodies(1000));
  auto client = server.connect();
  client.send(http_request("POST", "/echo", std::string(8'000'000, 'x')));  // all of it, first
  EXPECT_EQ(client.receive().status, 413);
  client.shutdown_send();
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSession, RefusesEncodedBodies) {
  RunningServer server;
  auto client = server.connect();
  EXPECT_EQ(client.request("POST", "/echo", "x", {{"Content-Encoding", "gzip"}}).status, 415);
  EXPECT_EQ(client.request("POST", "/echo", "x", {{"Content-Encoding", "identity"}}).body, "x");
}

TEST(HttpSession, DropsASmallBodyNobodyWants) {
  RunningServer server;
  auto client = server.connect();
  EXPECT_EQ(client.request("POST", "/nowhere", std::string(60'000, 'x')).status, 404);
  EXPECT_EQ(client.request("POST", "/echo", "next").body, "next");
}

TEST(HttpSession, ClosesRatherThanReadALargeBodyNobodyWants) {
  RunningServer server;
  auto client = server.connect();
  const HttpResponse response = client.request("POST", "/nowhere", std::string(100'000, 'x'));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.field("Connection"), "close");
  client.shutdown_send();
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSession, HeadHasNoBody) {
  RunningServer server;
  auto client = server.connect();
  const HttpResponse response = client.request("HEAD", "/ticks");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.field("Content-Length"));
  EXPECT_EQ(client.request("HEAD", "/nowhere").status, 404);
  EXPECT_EQ(client.request("POST", "/echo", "x").body, "x");
}

TEST(HttpSession, HonoursConnectionClose) {
  RunningServer server;
  auto client = server.connect();
  const HttpResponse response = client.request("POST", "/echo", "x", {{"Connection", "close"}});
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_EQ(response.body, "x");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSession, ClosesAfterAnHttp10Request) {
  RunningServer server;
  for (const char* fields : {"", "Connection: keep-alive\r\n"}) {
    const std::string answer = server.exchange("POST /echo HTTP/1.0\r\n" + std::string(fields) +
                                               "Content-Length: 1\r\n\r\nx");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("Connection: close\r\nContent-Length: 1\r\n\r\nx")) << answer;
  }
}

TEST(HttpSession, NothingBehindTheLastRequestIsAnswered) {
  RunningServer server;
  const std::string next = http_request("POST", "/echo", "smuggled");
  for (const std::string& last :
       {http_request("POST", "/echo", "x", {{"Connection", "close"}}),
        std::string("POST /echo HTTP/1.0\r\nContent-Length: 1\r\n\r\nx"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")}) {
    const std::string answer = server.exchange(last + next);
    EXPECT_EQ(count(answer, "HTTP/1.1 "), 1u) << answer;
    EXPECT_EQ(answer.find("smuggled"), answer.npos) << answer;
  }
}

TEST(HttpSession, RefusesWithTheStatusOfTheGuard) {
  RunningServer server;
  const auto status = [&](const std::string& bytes) { return server.exchange(bytes).substr(9, 3); };
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), "400");
  EXPECT_EQ(status("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"), "400");
  EXPECT_EQ(
      status("GET /" + std::string(limits::kTargetBytesMax, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"),
      "414");
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nA: " +
                   std::string(limits::kHeaderBlockBytesMax, 'a') + "\r\n\r\n"),
            "431");
}

TEST(HttpSession, AnExceptionBecomesAnAnswerThatTellsNothing) {
  RunningServer server;
  auto client = server.connect();
  client.send(http_request("POST", "/echo", "earlier") + http_request("GET", "/throw"));
  EXPECT_EQ(client.receive().body, "earlier");
  const HttpResponse response = client.receive();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, R"({"error":{"code":"INTERNAL_ERROR","message":"internal error"}})");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server.connect().request("GET", "/silent").status, 500);
}

TEST(HttpSession, SendsAnAnswerInPieces) {
  RunningServer server;
  auto client = server.connect();
  client.send(http_request("POST", "/echo", "earlier") +
              http_request("GET", "/pieces?pieces=3&bytes=10&status=200") +
              http_request("POST", "/echo", "later"));
  EXPECT_EQ(client.receive().body, "earlier");
  const HttpResponse response = client.receive_head();
  EXPECT_TRUE(response.chunked);
  EXPECT_FALSE(response.field("Content-Length"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive_chunk(), std::string(10, 'x'));
  EXPECT_EQ(client.receive_chunk(), "end");
  EXPECT_EQ(client.receive_chunk(), "");
  EXPECT_EQ(client.receive().body, "later");
}

TEST(HttpSession, ABodyThatWasTakenIsNotReadAgainBehindAnAnswerInPieces) {
  RunningServer server;
  auto client = server.connect();
  const auto first = client.request("POST", "/pieces?pieces=1&bytes=4&status=200", "a body");
  EXPECT_EQ(first.body, "xxxxend");
  EXPECT_EQ(client.request("POST", "/echo", "later").body, "later");
}

TEST(HttpSession, EndsAnHttp10AnswerInPiecesByClosing) {
  RunningServer server;
  const std::string answer =
      server.exchange("GET /pieces?pieces=2&bytes=5&status=200 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.find("chunked"), answer.npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nxxxxxxxxxxend")) << answer;
}

TEST(HttpSession, AnAnswerThatBreaksOffHasNoLastChunk) {
  RunningServer server;
  const std::string answer =
      server.exchange(http_request("GET", "/pieces?pieces=1&bytes=5&status=500") +
                      http_request("POST", "/echo", "later"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n5\r\nxxxxx\r\n")) << answer;
}

TEST(HttpSession, SendsAnAnswerLargerThanAnySocketBuffer) {
  RunningServer server;
  auto client = server.connect();
  const HttpResponse response = client.request("GET", "/pieces?pieces=20&bytes=1000000&status=200");
  EXPECT_EQ(response.body.size(), 20'000'003u);
  const std::string body(5'000'000, 'x');
  EXPECT_EQ(client.request("POST", "/echo", body).body, body);
}

TEST(HttpSession, StopsAnAnswerWhoseClientIsGone) {
  RunningServer server;
  {
    auto client = server.connect();
    client.send(http_request("GET", "/pieces?pieces=1000&bytes=1000000&status=200"));
    client.receive_head();
  }
  server.pieces.await_broken_off();
}

}  // namespace
}  // namespace eventodb::net::test
