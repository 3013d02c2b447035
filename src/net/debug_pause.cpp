#include "net/debug_pause.hpp"

#include <boost/asio/steady_timer.hpp>
#include <charconv>

#include "base/spawn.hpp"
#include "eventodb/limits.hpp"
#include "net/session_thread.hpp"

namespace eventodb::net {
namespace {

class PauseTimer final : public StreamEnd {
 public:
  explicit PauseTimer(Connection& connection)
      : connection_(connection), timer_(connection.thread().context()) {
    connection_.set_stream_end(this);
  }
  ~PauseTimer() { connection_.set_stream_end(nullptr); }
  PauseTimer(const PauseTimer&) = delete;
  PauseTimer& operator=(const PauseTimer&) = delete;

  Awaitable<void> wait(std::chrono::seconds time) {
    timer_.expires_after(time);
    co_await base::operation<boost::system::error_code>(
        [&](auto handler) { timer_.async_wait(std::move(handler)); });
  }
  void end_stream() noexcept override { timer_.cancel(); }
  void sweep_stream() noexcept override {
    if (connection_.client_closed()) timer_.cancel();
  }

 private:
  Connection& connection_;
  boost::asio::steady_timer timer_;
};

}  // namespace

std::optional<std::chrono::seconds> parse_profile_time(std::string_view seconds) {
  if (seconds.empty()) return std::chrono::seconds(30);
  int value = 0;
  const char* end = seconds.data() + seconds.size();
  const auto parsed = std::from_chars(seconds.data(), end, value);
  const auto time = std::chrono::seconds(value);
  const bool good = parsed.ec == std::errc() && parsed.ptr == end && value >= 1 &&
                    time <= limits::kCpuProfileTimeMax;
  return good ? std::optional(time) : std::nullopt;
}

Awaitable<void> pause(Connection& connection, std::chrono::seconds time) {
  if (connection.thread().stopping()) co_return;
  PauseTimer timer(connection);
  co_await timer.wait(time);
}

}  // namespace eventodb::net
