// The original's load client as it looks on the wire: Go's net/http with one keep-alive connection
// per worker, a token nobody gave it, and a look for an administration endpoint that is not there.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/http_client.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

constexpr std::string_view kFallbackToken =
    "ns_ZGVmYXVsdA_71d7e890c5bb4666a234cc1a9ec3f5f15b67c1a73257a3c92e1c0b0c5e0f8e9a";
constexpr int kStreams = 100;

/// What net/http sends, fields in its order, for a client that sets the last ones itself.
std::string go_request(std::string_view method, std::string_view target, std::string_view body,
                       std::string_view token) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\n");
  request += "Host: localhost:8080\r\nUser-Agent: Go-http-client/1.1\r\n";
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (!token.empty()) request.append("Authorization: Bearer ").append(token).append("\r\n");
  if (!body.empty()) request += "Content-Type: application/json\r\n";
  request += "Accept-Encoding: gzip\r\n\r\n";
  return request.append(body);
}

HttpResponse call(HttpClient& client, const std::string& body) {
  client.send(go_request("POST", "/rpc", body, kFallbackToken));
  return client.receive();
}

std::string stream_name(int step) {
  return "test-stream-" + std::to_string(step % kStreams);
}

/// One worker: a write per step, and every tenth step also a read from the beginning.
void work(std::uint16_t port, int worker, int steps) {
  HttpClient client(port);
  for (int step = 0; step < steps; ++step) {
    const std::string stream = stream_name(step);
    const auto written = call(
        client, R"(["stream.write",")" + stream + R"(",{"type":"TestEvent","data":{"worker":)" +
                    std::to_string(worker) + R"(,"step":)" + std::to_string(step) +
                    R"(,"timestamp":"2025-01-15T10:00:00.123456789Z"}}])");
    ASSERT_EQ(written.status, 200) << written.body;
    ASSERT_TRUE(written.body.starts_with(R"({"position":)")) << written.body;
    if (step % 10 != 0) continue;
    const auto read =
        call(client, R"(["stream.get",")" + stream + R"(",{"position":0,"batchSize":10}])");
    ASSERT_EQ(read.status, 200) << read.body;
    ASSERT_TRUE(read.body.starts_with("[[\"")) << read.body;
    ASSERT_FALSE(read.field("Content-Encoding")) << "the client would have to unpack it";
  }
}

TEST(GoLoadClient, LookingForAnAdministrationEndpointGetsAnAnswer) {
  const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
  for (const std::string_view token : {std::string_view(), kFallbackToken}) {
    HttpClient client(server.port());
    client.send(go_request("GET", "/admin/namespaces", "", token));
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find("NOT_FOUND"), std::string::npos) << answer.body;
    // The connection stays usable for what follows.
    EXPECT_EQ(call(client, R"(["sys.health"])").status, 200);
  }
}

TEST(GoLoadClient, RunsAgainstTestModeWithoutAnError) {
  constexpr int kWorkers = 4;
  constexpr int kSteps = 250;
  const ServerProcess server({.arguments = {"--test-mode"}, .environment = {}});
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back(work, server.port(), worker, kSteps);
  }
  for (auto& worker : workers) worker.join();
  HttpClient client(server.port());
  const auto info = call(client, R"(["ns.info","default"])");
  EXPECT_NE(info.body.find("\"messageCount\":" + std::to_string(kWorkers * kSteps) + ","),
            std::string::npos)
      << info.body;
  EXPECT_NE(info.body.find("\"streamCount\":100,"), std::string::npos) << info.body;
}

}  // namespace
}  // namespace eventodb::test
