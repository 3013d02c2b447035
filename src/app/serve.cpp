#include "app/serve.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "app/command_line.hpp"
#include "auth/authenticator.hpp"
#include "auth/default_namespace.hpp"
#include "base/io_thread.hpp"
#include "base/spawn.hpp"
#include "base/version.hpp"
#include "eventodb/limits.hpp"
#include "eventodb/store.hpp"
#include "net/server.hpp"
#include "net/service_endpoints.hpp"
#include "profiling/profiles.hpp"
#include "rpc/dispatcher.hpp"
#include "store/open_store.hpp"

namespace eventodb::app {
namespace {

constexpr int kFailed = 1;

int failed(const std::string& text) {
  std::fprintf(stderr, "eventodb: %s\n", text.c_str());
  return kFailed;
}

/// A line on standard output that whoever started the server may be waiting for.
void print_line(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

/// SIGINT and SIGTERM, held back in every thread until wait() takes one: a signal during a long
/// start-up ends the server in order as soon as it runs. Create before any thread.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  const char* wait() const {
    int number = 0;
    sigwait(&signals_, &number);
    return number == SIGINT ? "SIGINT" : "SIGTERM";
  }

 private:
  sigset_t signals_;
};

/// Every connection is a file: take what the system grants.
void raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    spdlog::warn("cannot raise the limit of open files: {}", std::strerror(errno));
  }
}

/// What the limit of open files leaves to connections. The storage must be able to open all its
/// files at any moment: a server full of connections would otherwise fail writes to namespaces it
/// has not opened yet.
std::size_t connections_max(const StoreDescription& store, unsigned io_threads) {
  constexpr std::size_t kDescriptorsPerIoThread = 3;
  constexpr std::size_t kLeastConnections = 8;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return limits::kConnectionsMax;
  const std::size_t threads = io_threads != 0 ? io_threads : std::thread::hardware_concurrency();
  const std::size_t reserved =
      store.descriptors_max + limits::kDescriptorsReserved + kDescriptorsPerIoThread * threads;
  const std::size_t left = limit.rlim_cur > reserved ? limit.rlim_cur - reserved : 0;
  // One in nine is for connections that are being refused.
  const std::size_t fits = std::max(left - left / 9, kLeastConnections);
  if (fits < limits::kConnectionsMax) {
    spdlog::warn("the limit of {} open files leaves room for {} connections", limit.rlim_cur, fits);
  }
  return std::min(fits, limits::kConnectionsMax);
}

/// Awaits the default namespace on an event loop of its own, before the server has any.
Result<auth::BootstrapOutcome> ensure_default_namespace(Store& store, const Config& config,
                                                        bool test_mode) {
  base::IoThread io;
  std::exception_ptr thrown;
  std::optional<Result<auth::BootstrapOutcome>> outcome;
  std::optional<std::string_view> token;
  if (config.token) token = *config.token;
  base::spawn(io.context(), auth::ensure_default_namespace(store, token, test_mode),
              [&](std::exception_ptr exception, auto result) {
                thrown = std::move(exception);
                outcome = std::move(result);
              });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return *outcome;
}

void announce_token(const auth::BootstrapOutcome& outcome) {
  using Change = auth::BootstrapOutcome::Change;
  if (outcome.change == Change::kCreated && outcome.token_to_print) {
    print_line("DEFAULT NAMESPACE TOKEN:");
    print_line(*outcome.token_to_print);
  } else if (outcome.change == Change::kRotated) {
    spdlog::warn("the token of the default namespace was replaced by the one supplied");
  } else {
    spdlog::info("the token of the default namespace stays as it is");
  }
}

/// What an acknowledgement of a write says.
std::string_view meaning_of(std::string_view durability) {
  if (durability == "disk") return "an acknowledged write is synced to the disk";
  if (durability == "os") return "an acknowledged write survives the process, not the machine";
  return "nothing survives the process";
}

void announce_server(const net::Server& server, const StoreDescription& store) {
  print_line(std::string("eventodb ") + base::kVersion + " listening on http://" +
             server.address() + " backend=" + store.backend + " durability=" + store.durability +
             " data=" + store.location);
  spdlog::info("backend={} durability={}: {}", store.backend, store.durability,
               meaning_of(store.durability));
}

int run_server(const Config& config, const EndSignals& signals, Store& store) {
  const StoreDescription description = store.describe();
  const bool test_mode = config.test_mode && description.backend == "memory";
  if (config.test_mode && !test_mode) {
    spdlog::warn("test mode is ignored with storage '{}': credentials are required",
                 description.backend);
  }
  const auto ensured = ensure_default_namespace(store, config, test_mode);
  if (!ensured) return failed(ensured.error().message);
  announce_token(*ensured);

  std::atomic<std::int64_t> connections{0};
  const auth::Authenticator authenticator(store, test_mode);
  const rpc::Dispatcher dispatcher(store, {.test_mode = test_mode, .connections = &connections});
  const net::ServiceEndpoints endpoints({store, authenticator, dispatcher});
  net::Server::Options options;
  options.port = config.port;
  options.bind = config.bind;
  options.io_threads = config.io_threads;
  options.connections = &connections;
  options.connections_max = connections_max(description, config.io_threads);
  net::Server server(options, endpoints.router());
  if (const auto listening = server.listen(); !listening) {
    return failed(listening.error().message);
  }
  bool ended = false;
  std::thread serving([&] { ended = server.run(); });
  announce_server(server, description);
  spdlog::info("{} received, ending", signals.wait());
  server.stop();
  serving.join();
  if (!ended) {
    // A request still waits for the storage and holds on to both; nothing may be destroyed.
    spdlog::error("the storage did not answer in time; what was not acknowledged may be lost");
    std::_Exit(kFailed);
  }
  return 0;
}

}  // namespace

int serve(const Config& config) {
  profiling::restart_with_heap_sampling();
  profiling::start_allocation_sampling();
  const EndSignals signals;
  base::start_logging(config.log_level, config.log_format);
  raise_open_files_limit();
  auto store = store::open_store(config);
  if (!store) return failed(store.error().message);
  const int status = run_server(config, signals, **store);
  (*store)->close();
  return status;
}

int reindex(const Config& config, const std::string& only_namespace) {
  base::start_logging(config.log_level, config.log_format);
  const auto rebuilt =
      store::reindex_store(config, only_namespace, [](const store::ReindexProgress& progress) {
        std::fprintf(
            stderr, "%s: %lld of %lld messages\n", base::loggable(progress.namespace_id).c_str(),
            static_cast<long long>(progress.indexed), static_cast<long long>(progress.total));
      });
  if (!rebuilt) return failed(rebuilt.error().message);
  print_line("rebuilt the indexes of " + std::to_string(*rebuilt) +
             (*rebuilt == 1 ? " namespace" : " namespaces"));
  return 0;
}

}  // namespace eventodb::app
