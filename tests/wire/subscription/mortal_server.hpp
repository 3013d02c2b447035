#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_client.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {

/// A server on one data directory and port that dies and comes back. Its `default` namespace
/// belongs to admin_token(). All functions may be called from any thread.
class MortalServer {
 public:
  MortalServer() { start(0); }

  struct Life {
    std::uint16_t port = 0;
    int number = 0;  ///< 1, 2, ...
  };
  /// The one that runs now; waits while there is none.
  Life life();

  void kill_and_restart();

 private:
  void start(std::uint16_t port);

  TemporaryDirectory directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int lives_ = 0;                          // mutex_
  std::unique_ptr<ServerProcess> server_;  // mutex_
};

/// Writes messages to a MortalServer, each until it is acknowledged and with one id, so that of all
/// attempts one is stored.
class PersistentWriter {
 public:
  explicit PersistentWriter(MortalServer& server) : server_(server) {}

  /// `data` is a JSON object.
  void write(std::string_view stream, std::string_view type, std::string_view data);

 private:
  bool attempt(const std::string& body);

  MortalServer& server_;
  std::unique_ptr<HttpClient> client_;
};

/// One message of the log.
struct LogEntry {
  std::string stream;
  std::int64_t position = 0;
  std::int64_t global_position = 0;
  std::string tuple;  ///< as category.get tells it
};

/// All of `default`. REQUIRES: no metadata, and no brackets in data or names.
std::vector<LogEntry> read_log(std::uint16_t port);

/// The environment's number of this name, for campaigns that are longer than a test run.
int number_from_environment(const char* name, int otherwise);

}  // namespace eventodb::test
