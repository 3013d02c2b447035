#include "net/session_thread.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <limits>
#include <utility>

#include "base/logging.hpp"
#include "base/spawn.hpp"
#include "eventodb/limits.hpp"
#include "net/http_session.hpp"

namespace eventodb::net {
namespace {

using std::chrono::milliseconds;

/// Free request memories a thread keeps: more connections than that rarely have a request at once.
constexpr std::size_t kFreeMemoriesMax = 32;
/// A client that has its answer and does not close does not hold up the shutdown for long.
constexpr std::uint32_t kLingerTicksAtStop = 1;

/// Whole sweeps in `time`, rounded up; a phase ends when more than these have passed.
std::uint32_t ticks(milliseconds time, milliseconds period) {
  return static_cast<std::uint32_t>((time + period - milliseconds(1)) / period);
}

}  // namespace

SessionThread::SessionThread(const SessionSettings& settings, bool tends_memory)
    : settings_(settings),
      sweep_timer_(io_.context()),
      stop_timer_(io_.context()),
      tends_memory_(tends_memory) {
  const Timeouts& timeouts = settings.timeouts;
  const auto set = [&](Phase phase, milliseconds time) {
    limits_[static_cast<std::size_t>(phase)] = ticks(time, timeouts.sweep_period);
  };
  limits_.fill(std::numeric_limits<std::uint32_t>::max());
  set(Phase::kIdle, timeouts.idle);
  set(Phase::kHeader, timeouts.header);
  set(Phase::kBody, timeouts.body_stall);
  set(Phase::kWrite, timeouts.write_stall);
  set(Phase::kLinger, timeouts.linger);
  free_memory_.reserve(kFreeMemoriesMax);
  arm_sweep();
}

void SessionThread::run() {
  io_.run();
}

void SessionThread::adopt(int descriptor) {
  boost::asio::post(context(), [this, descriptor] { start(descriptor, false); });
}

void SessionThread::refuse(int descriptor) {
  boost::asio::post(context(), [this, descriptor] { start(descriptor, true); });
}

void SessionThread::start(int descriptor, bool refused) {
  std::unique_ptr<Connection> connection;
  try {
    connection = std::make_unique<Connection>(*this, descriptor);
  } catch (const std::exception& problem) {
    spdlog::warn("a connection could not be served: {}", base::loggable(problem.what()));
    ::close(descriptor);
    connection_ended();
    return;
  }
  base::spawn(context(), refused ? refuse_connection(std::move(connection))
                                 : serve_connection(std::move(connection)));
}

void SessionThread::stop() {
  boost::asio::post(context(), [this] { begin_stop(); });
}

void SessionThread::arm_sweep() {
  sweep_timer_.expires_after(settings_.timeouts.sweep_period);
  sweep_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) sweep();
  });
}

void SessionThread::sweep() {
  if (is_done()) return;
  ++tick_;
  for (Connection& connection : connections_) connection.sweep();
  if (tends_memory_) idle_memory_.give_back();
  arm_sweep();
}

void SessionThread::begin_stop() {
  if (std::exchange(stopping_, true)) return;
  limits_[static_cast<std::size_t>(Phase::kLinger)] = kLingerTicksAtStop;
  for (Connection& connection : connections_) connection.begin_stop();
  stop_timer_.expires_after(settings_.shutdown_grace);
  stop_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) abort_all();
  });
  end_if_stopped();
}

void SessionThread::abort_all() {
  for (Connection& connection : connections_) connection.abort();
  stop_timer_.expires_after(limits::kAbandonAfter);
  stop_timer_.async_wait([this](boost::system::error_code error) {
    if (error || is_done()) return;
    spdlog::error("a request still waits for the storage; leaving without it");
    ended_cleanly_ = false;
    context().stop();
  });
  end_if_stopped();
}

/// The timers are what keeps the loop running once the last connection has gone. One that is due
/// already cannot be cancelled: its handler runs behind this call and must not start it again.
void SessionThread::end_if_stopped() {
  if (!is_done()) return;
  sweep_timer_.cancel();
  stop_timer_.cancel();
}

std::unique_ptr<RequestMemory> SessionThread::take_memory() {
  if (free_memory_.empty()) return std::make_unique<RequestMemory>();
  auto memory = std::move(free_memory_.back());
  free_memory_.pop_back();
  return memory;
}

void SessionThread::give_memory(std::unique_ptr<RequestMemory> memory) {
  if (free_memory_.size() == kFreeMemoriesMax) return;
  memory->reset();
  free_memory_.push_back(std::move(memory));
}

void SessionThread::connection_ended() {
  settings_.connections.fetch_sub(1, std::memory_order_relaxed);
  settings_.on_connection_ended();
  end_if_stopped();
}

}  // namespace eventodb::net
