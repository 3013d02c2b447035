#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eventodb::test {

/// How to start a server under test.
struct ServerFlags {
  std::vector<std::string> arguments = {};  ///< after `eventodb serve`; "--port 0" is added
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< on top of the test's own
  std::uint64_t open_files_max = 0;  ///< RLIMIT_NOFILE of the child; 0: as the test's
};

/// A running `eventodb serve` ($EVENTODB_BIN) on a free port of its own, ended by its pid at the
/// latest with this object. Throws std::runtime_error, with what the program printed, when the
/// start-up line does not come.
class ServerProcess {
 public:
  explicit ServerProcess(ServerFlags flags);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// The token printed below "DEFAULT NAMESPACE TOKEN:"; "" when none was.
  const std::string& token() const { return token_; }
  const std::string& startup_line() const { return startup_line_; }
  pid_t pid() const { return pid_; }

  /// SIGTERM, then waits. Returns the exit status, or -signal when a signal ended it.
  int stop();
  /// SIGKILL, then waits.
  void kill();
  /// Sends a signal without waiting.
  void signal(int number) const;
  /// Waits for the end. As stop().
  int wait();

  /// What it printed so far; complete after wait().
  std::string standard_output() const;
  std::string standard_error() const;

 private:
  void start(const ServerFlags& flags);
  void await_startup_line();
  void collect(int fd, std::string& into);

  pid_t pid_ = -1;
  int status_ = 0;
  int output_fd_ = -1;
  int error_fd_ = -1;
  std::uint16_t port_ = 0;
  std::string token_;
  std::string startup_line_;
  mutable std::mutex mutex_;  // output_, error_
  std::string output_;
  std::string error_;
  std::thread output_thread_;
  std::thread error_thread_;
};

/// How a program that ends by itself ended.
struct FinishedProgram {
  int status = 0;  ///< exit status, or -signal
  std::string output;
  std::string error;
};

/// Runs $EVENTODB_BIN with these arguments to its end.
FinishedProgram run_eventodb(const std::vector<std::string>& arguments,
                             const std::string& input = {});

/// A new directory below the system's temporary one, removed with this object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace eventodb::test
