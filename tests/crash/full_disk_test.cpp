// A disk without room, and one that cannot be written, with the real program on a small tmpfs.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "support/http_client.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

const std::string kToken = "ns_ZGVmYXVsdA_" + std::string(64, 'a');

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=6m") != 0) {
      GTEST_SKIP() << "NOT TESTED: a full disk; mounting a tmpfs needs root: "
                   << std::strerror(errno);
    }
    is_mounted_ = true;
  }
  ~FullDisk() override {
    if (is_mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
  }

  void remount(unsigned long flags, const char* options) const {
    ASSERT_EQ(mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_REMOUNT | flags, options), 0)
        << std::strerror(errno);
  }
  ServerFlags flags() const {
    ServerFlags flags;
    flags.arguments = {"-data-dir", directory_.path() + "/data", "-token", kToken};
    return flags;
  }
  /// Takes what is left of the disk, to the last byte.
  void fill() const {
    std::ofstream filler(directory_.path() + "/filler", std::ios::binary | std::ios::app);
    const std::string page(4096, 'x');
    while (filler.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
    }
  }

  static int write_status(HttpClient& client, std::string_view data) {
    const auto answer = client.rpc(
        R"(["stream.write","a-1",{"type":"T","data":)" + std::string(data) + "}]", kToken);
    if (answer.status != 200) {
      EXPECT_NE(answer.body.find("\"BACKEND_ERROR\""), std::string::npos) << answer.body;
    }
    return answer.status;
  }
  /// Writes until the disk is full. Returns how many were acknowledged.
  static std::int64_t write_until_full(HttpClient& client) {
    const std::string large = "{\"x\":\"" + std::string(50'000, 'x') + "\"}";
    std::int64_t acknowledged = 0;
    while (acknowledged < 1000 && write_status(client, large) == 200) ++acknowledged;
    EXPECT_LT(acknowledged, 1000);
    while (acknowledged < 1000 && write_status(client, "{}") == 200) ++acknowledged;
    EXPECT_LT(acknowledged, 1000);
    return acknowledged;
  }
  static void expect_messages(HttpClient& client, std::int64_t count) {
    const auto read = client.rpc(R"(["stream.get","a-1",{"batchSize":-1}])", kToken);
    ASSERT_EQ(read.status, 200) << read.body;
    EXPECT_EQ(static_cast<std::int64_t>(parse_json(read.body).as_array().size()), count);
    const auto info = client.rpc(R"(["ns.info","default"])", kToken);
    EXPECT_EQ(as_int(parse_json(info.body).at("messageCount")), count);
  }

  TemporaryDirectory directory_;
  bool is_mounted_ = false;
};

TEST_F(FullDisk, WritesFailReadsGoOnAndRoomIsEnoughToGoOnWriting) {
  ServerProcess server(flags());
  HttpClient client(server.port());
  const std::int64_t count = write_until_full(client);
  fill();
  EXPECT_EQ(write_status(client, "{}"), 500);
  EXPECT_EQ(client.request("GET", "/health").status, 200) << "not read-only";
  expect_messages(client, count);
  remount(0, "size=64m");
  EXPECT_EQ(write_status(client, "{}"), 200);
  expect_messages(client, count + 1);
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(FullDisk, AfterAKillItStartsWhileTheDiskIsFull) {
  std::int64_t count = 0;
  {
    ServerProcess server(flags());
    HttpClient client(server.port());
    count = write_until_full(client);
    fill();
    server.kill();
  }
  ServerProcess again(flags());
  HttpClient client(again.port());
  expect_messages(client, count);
  EXPECT_EQ(write_status(client, "{}"), 500);
  remount(0, "size=64m");
  EXPECT_EQ(write_status(client, "{}"), 200);
  expect_messages(client, count + 1);
  EXPECT_EQ(again.stop(), 0);
}

TEST_F(FullDisk, ADirectoryThatCannotBeWrittenIsRefusedInOneLine) {
  {
    ServerProcess server(flags());
    HttpClient client(server.port());
    EXPECT_EQ(write_status(client, "{}"), 200);
    EXPECT_EQ(server.stop(), 0);
  }
  remount(MS_RDONLY, nullptr);
  const auto ended =
      run_eventodb({"serve", "--port", "0", "-data-dir", directory_.path() + "/data"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.error.find("Read-only file system"), std::string::npos) << ended.error;
  EXPECT_EQ(ended.error.find('\n'), ended.error.size() - 1) << ended.error;
}

}  // namespace
}  // namespace eventodb::test
