#include "net/debug_cpu_profile.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <string>

#include "eventodb/limits.hpp"
#include "net/debug_answer.hpp"
#include "net/debug_worker.hpp"
#include "net/exchange.hpp"
#include "net/session_thread.hpp"
#include "profiling/profiles.hpp"

namespace eventodb::net {
namespace {

using profiling::CpuProfile;

/// Waits on the connection's thread; the end of the server cuts it short.
class Pause final : public StreamEnd {
 public:
  explicit Pause(Connection& connection)
      : connection_(connection), timer_(connection.thread().context()) {
    connection_.set_stream_end(this);
  }
  ~Pause() { connection_.set_stream_end(nullptr); }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

  Awaitable<void> wait(std::chrono::seconds time) {
    if (connection_.thread().stopping()) co_return;
    timer_.expires_after(time);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  void end_stream() noexcept override { timer_.cancel(); }

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

Awaitable<void> serve_cpu_profile(Exchange& exchange, DebugWorker& worker,
                                  std::chrono::seconds time) {
  CpuProfile profile;
  switch (profile.start()) {
    case CpuProfile::Start::kBusy:
      answer_text(exchange, 409, "another CPU profile is being taken; try again when it is done\n");
      co_return;
    case CpuProfile::Start::kFailed:
      answer_text(exchange, 500, "the CPU profile could not be started\n");
      co_return;
    case CpuProfile::Start::kStarted:
      break;
  }
  {
    Pause pause(exchange.connection());
    co_await pause.wait(time);
  }
  std::string bytes;
  if (!co_await worker.run([&] { bytes = profile.finish(); })) bytes = profile.finish();
  answer_file(exchange, bytes);
}

}  // namespace eventodb::net
