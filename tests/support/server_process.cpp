#include "support/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <stdexcept>

extern char** environ;

namespace eventodb::test {
namespace {

constexpr auto kStartupWait = std::chrono::seconds(30);
constexpr std::string_view kTokenHeading = "DEFAULT NAMESPACE TOKEN:\n";
constexpr std::string_view kListening = " listening on http://";

[[noreturn]] void fail_to(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::string binary() {
  const char* path = std::getenv("EVENTODB_BIN");
  if (path == nullptr) throw std::runtime_error("EVENTODB_BIN is not set");
  return path;
}

struct Pipe {
  int read_end;
  int write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_to("pipe");
  return {ends[0], ends[1]};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& extra) {
  std::vector<std::string> texts;
  for (char** entry = environ; *entry != nullptr; ++entry) texts.emplace_back(*entry);
  for (const auto& [name, value] : extra) {
    std::erase_if(texts, [&](const std::string& text) { return text.starts_with(name + "="); });
    texts.push_back(name + "=" + value);
  }
  return texts;
}

/// Starts the program with these descriptors as 0, 1 and 2. Between fork and exec only calls that
/// are safe in a child of a process with threads.
pid_t spawn(std::vector<std::string> arguments, std::vector<std::string> environment,
            const int (&descriptors)[3], std::uint64_t open_files_max) {
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) fail_to("fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (open_files_max != 0) {
    const rlimit limit{open_files_max, open_files_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (int i = 0; i < 3; ++i) ::dup2(descriptors[i], i);
  ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) fail_to("waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(fd, buffer, sizeof(buffer))) != 0;) {
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) break;
  }
  ::close(fd);
  return text;
}

}  // namespace

ServerProcess::ServerProcess(ServerFlags flags) {
  start(flags);
  try {
    await_startup_line();
  } catch (...) {
    kill();
    throw;
  }
}

ServerProcess::~ServerProcess() {
  kill();
}

void ServerProcess::start(const ServerFlags& flags) {
  std::vector<std::string> arguments{binary(), "serve", "--port", "0"};
  arguments.insert(arguments.end(), flags.arguments.begin(), flags.arguments.end());
  const Pipe output = make_pipe();
  const Pipe error = make_pipe();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = spawn(std::move(arguments), merged_environment(flags.environment),
               {nothing, output.write_end, error.write_end}, flags.open_files_max);
  ::close(nothing);
  ::close(output.write_end);
  ::close(error.write_end);
  output_fd_ = output.read_end;
  error_fd_ = error.read_end;
  error_thread_ = std::thread([this] { collect(error_fd_, error_); });
}

void ServerProcess::await_startup_line() {
  const auto deadline = std::chrono::steady_clock::now() + kStartupWait;
  std::size_t line_end = std::string::npos;
  std::size_t listening = std::string::npos;
  while (listening == std::string::npos || line_end == std::string::npos) {
    pollfd readable{output_fd_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    char buffer[4096];
    const bool ready = left.count() > 0 && ::poll(&readable, 1, static_cast<int>(left.count())) > 0;
    const ssize_t got = ready ? ::read(output_fd_, buffer, sizeof(buffer)) : 0;
    if (got <= 0) {
      kill();
      throw std::runtime_error("no start-up line; printed: " + output_ + error_);
    }
    output_.append(buffer, static_cast<std::size_t>(got));
    listening = output_.find(kListening);
    if (listening != std::string::npos) line_end = output_.find('\n', listening);
  }
  const std::size_t line_begin = output_.rfind('\n', listening) + 1;
  startup_line_ = output_.substr(line_begin, line_end - line_begin);
  const std::size_t address = listening + kListening.size();
  const std::size_t colon = output_.rfind(':', output_.find(' ', address));
  port_ = static_cast<std::uint16_t>(std::stoul(output_.substr(colon + 1)));
  if (const auto heading = output_.find(kTokenHeading); heading != std::string::npos) {
    const std::size_t begin = heading + kTokenHeading.size();
    token_ = output_.substr(begin, output_.find('\n', begin) - begin);
  }
  output_thread_ = std::thread([this] { collect(output_fd_, output_); });
}

void ServerProcess::collect(int fd, std::string& into) {
  char buffer[4096];
  for (ssize_t got; (got = ::read(fd, buffer, sizeof(buffer))) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    const std::lock_guard lock(mutex_);
    into.append(buffer, static_cast<std::size_t>(got));
  }
}

int ServerProcess::stop() {
  signal(SIGTERM);
  return wait();
}

void ServerProcess::kill() {
  signal(SIGKILL);
  wait();
}

void ServerProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int ServerProcess::wait() {
  if (pid_ > 0) status_ = wait_for(pid_);
  pid_ = -1;
  if (output_thread_.joinable()) output_thread_.join();
  if (error_thread_.joinable()) error_thread_.join();
  for (int* fd : {&output_fd_, &error_fd_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
  return status_;
}

std::string ServerProcess::standard_output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string ServerProcess::standard_error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

FinishedProgram run_eventodb(const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<std::string> command{binary()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const Pipe in = make_pipe();
  const Pipe output = make_pipe();
  const Pipe error = make_pipe();
  const pid_t pid = spawn(std::move(command), merged_environment({}),
                          {in.read_end, output.write_end, error.write_end}, 0);
  for (const int fd : {in.read_end, output.write_end, error.write_end}) ::close(fd);
  FinishedProgram finished;
  std::thread feeder([&] {
    // A program that does not read its input must not end the test with SIGPIPE.
    sigset_t pipe_only;
    ::sigemptyset(&pipe_only);
    ::sigaddset(&pipe_only, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
    for (std::string_view rest = input; !rest.empty();) {
      const ssize_t wrote = ::write(in.write_end, rest.data(), rest.size());
      if (wrote <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
    ::close(in.write_end);
  });
  std::thread errors([&] { finished.error = read_to_end(error.read_end); });
  finished.output = read_to_end(output.read_end);
  feeder.join();
  errors.join();
  finished.status = wait_for(pid);
  return finished;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "eventodb-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) fail_to("mkdtemp");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace eventodb::test
