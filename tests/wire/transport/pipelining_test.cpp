#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "eventodb/limits.hpp"
#include "support/http_client.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"
#include "wire/rpc/rpc_fixture.hpp"

// Writes that wait behind each other on a connection share a commit; apart from that nothing may
// differ from requests that come one by one.
namespace eventodb::test {
namespace {

struct Request {
  std::string body;
  HttpFields fields;
  std::string target = "/rpc";
  bool chunked = false;

  std::string text() const {
    if (!chunked || body.empty()) return http_request("POST", target, body, fields);
    std::string text = "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : fields) text += name + ": " + value + "\r\n";
    char size[16];
    std::snprintf(size, sizeof(size), "%zx", body.size());
    return text + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n";
  }
};

HttpFields bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

std::string write_body(int stream, const std::string& options) {
  return R"(["stream.write","s-)" + std::to_string(stream) + R"(",{"type":"T","data":{"a":1}},)" +
         options + "]";
}

std::string uuid(int number) {
  return "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + number);
}

/// Mostly writes, right and wrong ones, and whatever may come between them.
class Requests {
 public:
  Requests(unsigned seed, std::string token, std::string other_token)
      : random_(seed), token_(std::move(token)), other_token_(std::move(other_token)) {}

  Request next() {
    Request request{any_body(), bearer(token_)};
    switch (below(20)) {
      case 0:
        request.fields = bearer(other_token_);
        break;
      case 1:
        request.fields = bearer(token_ + "0");  // refused, or in test mode another namespace
        request.body = R"(["sys.version"])";
        break;
      case 2:
        request.fields.clear();
        request.target = "/rpc?token=" + token_;
        break;
      case 3:
        request.chunked = true;
        break;
      case 4:
        request.fields.emplace_back("Content-Encoding", "gzip");
        break;
      case 5:
        request.target = "/nowhere";
        break;
      default:
        break;
    }
    return request;
  }

 private:
  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }

  std::string any_body() {
    const int stream = below(3);
    switch (below(16)) {
      case 0:
        return R"(["stream.version","s-)" + std::to_string(stream) + "\"]";
      case 1:
        return R"(["stream.write","s-1",{"type":"","data":{}}])";
      case 2:
        return R"(["stream.write","s-1",{"type":"T","data":{}})";  // no JSON
      case 3:
        return R"(["stream.append","s-2",[{"type":"T","data":{}},{"type":"T","data":{}}]])";
      case 4:
        return R"(["streams.append",[{"stream":"s-0","messages":[{"type":"T","data":{}}]},)"
               R"({"stream":"s-1","expectedVersion":3,"messages":[{"type":"T","data":{}}]}]])";
      case 5:
        return write_body(stream, R"({"id":")" + uuid(below(10)) + "\"}");
      case 6:
      case 7:
      case 8:
        return write_body(stream, R"({"expectedVersion":)" + std::to_string(below(30) - 1) + "}");
      case 9:
        return R"({"jsonrpc":"2.0","id":1,"method":"stream.version","params":["s-0"]})";
      case 10:
        return "";
      default:
        return write_body(stream, "{}");
    }
  }

  std::mt19937 random_;
  std::string token_;
  std::string other_token_;
};

class Pipelining : public testing::TestWithParam<Backend> {
 protected:
  Pipelining() {
    for (const char* id : {"pipelined", "one-by-one", "pipelined-2", "one-by-one-2"}) {
      tokens_.push_back(make_namespace(id));
    }
  }
  ~Pipelining() override {
    for (const auto& id : ids_) admin_.rpc(R"(["ns.delete",")" + id + "\"]", admin_token());
  }

  std::string make_namespace(const std::string& id) {
    const auto reply = admin_.rpc(R"(["ns.create",")" + id + "\"]", admin_token());
    EXPECT_EQ(reply.status, 200) << reply.body;
    ids_.push_back(id);
    return as_string(parse_json(reply.body).at("token"));
  }

  HttpClient admin_{server_port(GetParam())};
  std::vector<std::string> ids_;
  std::vector<std::string> tokens_;
};

INSTANTIATE_TEST_SUITE_P(Wire, Pipelining, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(Pipelining, AnswersAreThoseOfRequestsThatComeOneByOne) {
  constexpr int kRequests = 200;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Requests pipelined(seed, tokens_[0], tokens_[2]);
    Requests singly(seed, tokens_[1], tokens_[3]);
    HttpClient client(server_port(GetParam()));
    HttpClient other(server_port(GetParam()));
    std::string all;
    std::vector<std::string> bodies;
    for (int i = 0; i < kRequests; ++i) {
      const Request request = pipelined.next();
      bodies.push_back(request.body);
      all += request.text();
    }
    client.send(all);
    for (int i = 0; i < kRequests; ++i) {
      SCOPED_TRACE(bodies[i]);
      const HttpResponse answer = client.receive();
      const Request request = singly.next();
      ASSERT_FALSE(answer.field("Connection")) << answer.body << request.text();
      other.send(request.text());
      const HttpResponse expected = other.receive();
      ASSERT_EQ(answer.status_line, expected.status_line) << seed << ' ' << i << ' ' << bodies[i];
      ASSERT_EQ(answer.body.size(), expected.body.size()) << answer.body << expected.body;
      if (answer.status != 403) {  // which names the namespace
        ASSERT_EQ(answer.body, expected.body) << seed << ' ' << i << ' ' << bodies[i];
      }
      ASSERT_EQ(answer.fields.size(), expected.fields.size());
    }
  }
}

TEST_P(Pipelining, MoreWritesThanAServerReadsAtOnce) {
  constexpr std::size_t kWrites = 3 * limits::kWritesTogetherMax + 1;
  std::string all;
  for (std::size_t i = 0; i < kWrites; ++i) {
    all += Request{write_body(0, "{}"), bearer(tokens_[0])}.text();
  }
  HttpClient client(server_port(GetParam()));
  client.send(all);
  for (std::size_t i = 0; i < kWrites; ++i) {
    EXPECT_EQ(client.receive().body, R"({"position":)" + std::to_string(i) +
                                         R"(,"globalPosition":)" + std::to_string(i + 1) + "}");
  }
}

TEST_P(Pipelining, NothingIsDoneBehindARequestThatCloses) {
  const HttpFields fields = bearer(tokens_[0]);
  HttpFields closing = fields;
  closing.emplace_back("Connection", "close");
  const std::string body = write_body(0, "{}");
  HttpClient client(server_port(GetParam()));
  client.send(http_request("POST", "/rpc", body, fields) +
              http_request("POST", "/rpc", body, closing) +
              http_request("POST", "/rpc", body, fields));
  EXPECT_FALSE(client.receive().field("Connection"));
  EXPECT_EQ(client.receive().field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(admin_.rpc(R"(["stream.version","s-0"])", tokens_[0]).body, "1");
}

/// All messages of a commit have its time.
TEST(PipelinedWrites, ShareACommit) {
  constexpr int kWrites = 10;  // they arrive in one piece
  HttpClient client(server_port(Backend::kSqlite));
  const auto made = client.rpc(R"(["ns.create","one-commit"])", admin_token());
  const std::string token = as_string(parse_json(made.body).at("token"));
  std::string all;
  for (int i = 0; i < kWrites; ++i) all += Request{write_body(0, "{}"), bearer(token)}.text();
  ASSERT_LT(all.size(), 8u * 1024) << "more than a server reads at once";
  client.rpc(write_body(1, "{}"), token);
  client.send(all);
  for (int i = 0; i < kWrites; ++i) EXPECT_EQ(client.receive().status, 200);
  const auto read = parse_json(client.rpc(R"(["stream.get","s-0"])", token).body);
  ASSERT_EQ(read.as_array().size(), static_cast<std::size_t>(kWrites));
  for (const auto& message : read.as_array()) {
    EXPECT_EQ(message.as_array().back(), read.at(0).as_array().back());
  }
  client.rpc(R"(["ns.delete","one-commit"])", admin_token());
}

}  // namespace
}  // namespace eventodb::test
