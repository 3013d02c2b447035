// What requests leave behind in the memory of the real program.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "support/http_client.hpp"
#include "support/server_process.hpp"
#include "wire/transport/resident_bytes.hpp"

namespace eventodb::test {
namespace {

constexpr long kMiB = 1024 * 1024;

TEST(Memory, OfLargeRequestsIsGivenBack) {
  ServerProcess server({.arguments = {"--test-mode"}});
  HttpClient small(server.port());
  EXPECT_EQ(small.request("GET", "/health").status, 200);
  const long before = resident_bytes(server.pid(), "RssAnon");
  {
    HttpClient large(server.port());
    const std::string text(90 * kMiB, 'a');
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(large.rpc(R"(["sys.version",")" + text + R"("])").status, 200);
    }
  }
  EXPECT_GT(resident_bytes(server.pid(), "VmHWM"), before + 90 * kMiB);
  // It takes some seconds of the server's clock; nothing tells us when it is done.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  long after = 0;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // only to spare the processor
    EXPECT_EQ(small.request("GET", "/health").status, 200);
    after = resident_bytes(server.pid(), "RssAnon");
  } while (after > before + 32 * kMiB && std::chrono::steady_clock::now() < give_up);
  EXPECT_LE(after, before + 32 * kMiB);
}

}  // namespace
}  // namespace eventodb::test
