#include "net/server.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "base/thread_name.hpp"
#include "net/listener.hpp"
#include "net/session_thread.hpp"

namespace eventodb::net {
namespace {

std::size_t thread_count(unsigned wanted) {
  const unsigned count = wanted != 0 ? wanted : std::thread::hardware_concurrency() / 2;
  return std::clamp<std::size_t>(count, 1, limits::kIoThreadsMax);
}

}  // namespace

class Server::Impl {
 public:
  Impl(Options options, const Router& router)
      : options_(std::move(options)),
        settings_{router,
                  options_.body_bytes_max,
                  options_.timeouts,
                  options_.shutdown_grace,
                  options_.connections != nullptr ? *options_.connections : own_count_,
                  [this] { listener_->connection_ended(); }},
        threads_(make_threads(settings_, thread_count(options_.io_threads))),
        listener_(std::make_unique<Listener>(threads_, options_.connections_max,
                                             settings_.connections)) {}

  Result<void> listen() { return listener_->listen(options_.bind, options_.port); }

  bool run() {
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < threads_.size(); ++i) {
      others.emplace_back([this, i] { run_thread(i); });
    }
    run_thread(0);
    for (auto& other : others) other.join();
    return std::ranges::all_of(threads_,
                               [](const auto& thread) { return thread->ended_cleanly(); });
  }

  void stop() {
    boost::asio::post(threads_.front()->context(), [this] {
      listener_->stop();
      for (auto& thread : threads_) thread->stop();
    });
  }

  const Listener& listener() const { return *listener_; }
  std::int64_t connections() const { return settings_.connections.load(std::memory_order_relaxed); }

 private:
  using Threads = std::vector<std::unique_ptr<SessionThread>>;

  void run_thread(std::size_t number) {
    base::name_thread("io", static_cast<unsigned>(number));
    threads_[number]->run();
  }

  static Threads make_threads(const SessionSettings& settings, std::size_t count) {
    Threads threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.push_back(std::make_unique<SessionThread>(settings, i == 0));
    }
    return threads;
  }

  Options options_;
  std::atomic<std::int64_t> own_count_{0};
  SessionSettings settings_;
  Threads threads_;
  std::unique_ptr<Listener> listener_;
};

Server::Server(Options options, const Router& router)
    : impl_(std::make_unique<Impl>(std::move(options), router)) {}
Server::~Server() = default;

Result<void> Server::listen() {
  return impl_->listen();
}
std::uint16_t Server::port() const {
  return impl_->listener().endpoint().port();
}

std::string Server::address() const {
  const auto endpoint = impl_->listener().endpoint();
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

bool Server::run() {
  return impl_->run();
}
void Server::stop() {
  impl_->stop();
}
std::int64_t Server::connections() const {
  return impl_->connections();
}

}  // namespace eventodb::net
