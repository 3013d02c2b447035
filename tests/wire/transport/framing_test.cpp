// What strangers send (reliability, section 4): one answer at most, then the connection closes,
// whatever the segmentation.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/http_client.hpp"
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {
namespace {

struct Hostile {
  const char* name;
  std::string bytes;
  int status;
};

void PrintTo(const Hostile& row, std::ostream* out) {
  *out << row.name;
}

constexpr std::string_view kSmuggled = "GET /version HTTP/1.1\r\nHost: smuggled\r\n\r\n";

std::string post(std::string_view fields, std::string_view body = {}) {
  return "POST /rpc HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string with_nul(std::string_view before, std::string_view after) {
  return std::string(before) + '\0' + std::string(after);
}

std::vector<Hostile> hostile_requests() {
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
  return {
      {"te_gzip_chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
      {"te_identity", post("Transfer-Encoding: identity\r\n"), 400},
      {"te_xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
      {"te_twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"te_with_cl", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"te_on_1_0", "POST /rpc HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"te_space_before_colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
      {"cl_differing", post("Content-Length: 0\r\nContent-Length: 41\r\n"), 400},
      {"cl_plus", post("Content-Length: +0\r\n"), 400},
      {"cl_minus", post("Content-Length: -1\r\n"), 400},
      {"cl_hex", post("Content-Length: 0x0\r\n"), 400},
      {"cl_overflow", post("Content-Length: 18446744073709551616\r\n"), 400},
      {"no_host", "GET /health HTTP/1.1\r\nA: b\r\n\r\n", 400},
      {"two_hosts", "GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"bare_lf", "GET /health HTTP/1.1\nHost: a\n\n", 400},
      {"bare_cr", post("A: b\rContent-Length: 41\r\n"), 400},
      {"nul", with_nul("GET /health HTTP/1.1\r\nHost: a\r\nA: ", "\r\n\r\n"), 400},
      {"folded", post("A: b\r\n Content-Length: 41\r\n"), 400},
      {"target_high_byte", "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target_space", "GET /health x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"not_http", "\x16\x03\x01\x02\x01\n", 400},
      {"too_many_fields", post(fields), 431},
      {"header_too_large", post("A: " + std::string(16 * 1024, 'a') + "\r\n"), 431},
      {"target_too_long", "GET /" + std::string(8 * 1024, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       414},
  };
}

/// Sends until the server stops taking it, then reads everything it has said.
std::string answer_to(const std::vector<std::string>& segments) {
  HttpClient client(server_port(Backend::kTestMode));
  try {
    for (const std::string& segment : segments) client.send(segment);
    client.shutdown_send();
  } catch (const HttpClientError&) {
    // Closed in the middle; what it said before can still be read.
  }
  return client.receive_rest();
}

std::size_t answers_in(std::string_view text) {
  constexpr std::string_view kInEachHead = "\r\nServer: ";
  std::size_t count = 0;
  for (auto at = text.find(kInEachHead); at != text.npos; at = text.find(kInEachHead, at + 1)) {
    ++count;
  }
  return count;
}

class HostileRequest : public testing::TestWithParam<Hostile> {
 protected:
  void expect_refusal(const std::vector<std::string>& segments, const char* segmentation) {
    const std::string answer = answer_to(segments);
    EXPECT_EQ(answers_in(answer), 1u) << segmentation << ": " << answer;
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 " + std::to_string(GetParam().status))
        << segmentation;
    EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos) << segmentation;
    EXPECT_NE(answer.find("\"INVALID_REQUEST\""), answer.npos) << segmentation;
  }
};

TEST_P(HostileRequest, Whole) {
  expect_refusal({GetParam().bytes + std::string(kSmuggled)}, "whole");
}

TEST_P(HostileRequest, PerLine) {
  std::vector<std::string> lines{{}};
  for (const char byte : GetParam().bytes + std::string(kSmuggled)) {
    lines.back() += byte;
    if (byte == '\n') lines.emplace_back();
  }
  expect_refusal(lines, "per line");
}

TEST_P(HostileRequest, PerByte) {
  std::vector<std::string> bytes;
  for (const char byte : GetParam().bytes + std::string(kSmuggled)) bytes.emplace_back(1, byte);
  expect_refusal(bytes, "per byte");
}

INSTANTIATE_TEST_SUITE_P(Wire, HostileRequest, testing::ValuesIn(hostile_requests()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Framing, BadChunksAreRefusedOnce) {
  for (const char* chunks : {"x\r\n", "-1\r\n", "0x1\r\na\r\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
                             "ffffffffffffffffff\r\n", "1\na\n0\n\n"}) {
    const std::string answer =
        answer_to({post("Transfer-Encoding: chunked\r\n", chunks), std::string(kSmuggled)});
    EXPECT_EQ(answers_in(answer), 1u) << chunks << answer;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << chunks << answer;
  }
}

TEST(Framing, AsManyAnswersAsRequests) {
  const std::string call = R"(["sys.version"])";
  const std::string request = http_request("POST", "/rpc", call);
  std::string requests;
  std::vector<std::string> bytes;
  for (int i = 0; i < 50; ++i) requests += request;
  for (const char byte : requests) bytes.emplace_back(1, byte);
  EXPECT_EQ(answers_in(answer_to({requests})), 50u);
  EXPECT_EQ(answers_in(answer_to(bytes)), 50u);
  // The last one is incomplete: no answer to it.
  EXPECT_EQ(answers_in(answer_to({requests.substr(0, requests.size() - 1)})), 49u);
}

TEST(Framing, HeadersAtTheLimitsAreAccepted) {
  HttpClient client(server_port(Backend::kTestMode));
  const std::string before = "GET /health HTTP/1.1\r\nHost: a\r\nA: ";
  const std::string block = before + std::string(16 * 1024 - before.size() - 4, 'a') + "\r\n\r\n";
  client.send(block);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.request("GET", "/health?" + std::string(8 * 1024 - 8, 'a')).status, 200);
  HttpFields fields(99, {"A", "b"});
  EXPECT_EQ(client.request("GET", "/health", {}, fields).status, 200);
}

TEST(Framing, EncodedBodiesAreRefused) {
  HttpClient client(server_port(Backend::kTestMode));
  EXPECT_EQ(
      client.request("POST", "/rpc", R"(["sys.version"])", {{"Content-Encoding", "gzip"}}).status,
      415);
}

TEST(Framing, Http10ClientsGetAClosedConnection) {
  const std::string call = R"(["sys.version"])";
  const std::string request = "POST /rpc HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: " +
                              std::to_string(call.size()) + "\r\n\r\n" + call;
  const std::string answer = answer_to({request, std::string(kSmuggled)});
  EXPECT_EQ(answers_in(answer), 1u) << answer;
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
}

}  // namespace
}  // namespace eventodb::test
