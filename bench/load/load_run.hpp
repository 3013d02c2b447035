#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "load/connection.hpp"
#include "load/load_options.hpp"
#include "load/load_result.hpp"
#include "load/request_writer.hpp"
#include "load/schedule.hpp"

namespace eventodb::load {

/// Called about once a second with the whole seconds since the start, what was measured so far and
/// the latencies of the last interval.
using Progress =
    std::function<void(int second, const LoadResult& so_far, const LatencyHistogram& interval)>;

/// One run: all connections on one thread and one epoll.
class LoadRun {
 public:
  /// REQUIRES: `options` outlives the run.
  LoadRun(const LoadOptions& options, const ServerAddress& address);
  ~LoadRun();
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  /// Runs until the duration is over and everything under way was answered, or has not been for
  /// five seconds. A connection that is lost is opened again; what was under way on it is an error.
  LoadResult run(const Progress& progress);

 private:
  void start(Connection& connection);
  void lost(Connection& connection, const char* why);
  void on_event(Connection& connection, std::uint32_t events);
  void on_readable(Connection& connection);
  bool take_answers(Connection& connection, const char* data, std::size_t size);
  void answered(Connection& connection);
  void fill(Connection& connection);
  void fill_all();
  void send(Connection& connection, const Operation& operation);
  void flush(Connection& connection);
  void error(std::uint64_t count, const std::string& why);
  void restart_closed();
  void wait_for_events(std::int64_t until_ns);
  void tick(const Progress& progress);

  const LoadOptions& options_;
  const ServerAddress address_;
  std::vector<RequestWriter> writers_;  // one for each token
  Schedule schedule_;
  std::deque<Connection> connections_;
  std::size_t next_connection_ = 0;
  std::uint64_t under_way_ = 0;
  std::size_t closed_ = 0;
  std::vector<char> receive_buffer_;
  int epoll_ = -1;
  std::int64_t start_ns_;
  std::int64_t now_ns_;
  std::int64_t next_progress_ns_;
  LoadResult result_;
  LatencyHistogram interval_;
};

}  // namespace eventodb::load
