#include "load/load_run.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/check.hpp"

namespace eventodb::load {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kLastAnswersNs = 5 * kSecondNs;
constexpr std::int64_t kRetryNs = kSecondNs / 10;
constexpr std::size_t kReceiveBytes = 256 * 1024;

std::int64_t clock_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options, const ServerAddress& address)
    : options_(options),
      address_(address),
      schedule_(options, 0),
      connections_(options.workers),
      receive_buffer_(kReceiveBytes),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  EVENTODB_CHECK(epoll_ >= 0);
  for (const std::string& token : options.tokens) writers_.emplace_back(options, token);
  if (writers_.empty()) writers_.emplace_back(options, "");
  std::size_t worker = 0;
  for (Connection& connection : connections_) {
    connection.writer = &writers_[worker++ % writers_.size()];
  }
}

LoadRun::~LoadRun() {
  close(epoll_);
}

LoadResult LoadRun::run(const Progress& progress) {
  now_ns_ = start_ns_ = clock_ns();
  schedule_ = Schedule(options_, start_ns_);
  next_progress_ns_ = start_ns_ + kSecondNs;
  for (Connection& connection : connections_) start(connection);
  while (now_ns_ < schedule_.end_ns() ||
         (under_way_ > 0 && now_ns_ < schedule_.end_ns() + kLastAnswersNs)) {
    if (closed_ > 0) restart_closed();
    if (schedule_.open_loop()) fill_all();
    std::int64_t until = std::min(next_progress_ns_, now_ns_ + kRetryNs);
    if (now_ns_ < schedule_.end_ns()) until = std::min(until, schedule_.end_ns());
    if (schedule_.open_loop() && schedule_.next_due_ns() > now_ns_) {
      until = std::min(until, schedule_.next_due_ns());
    }
    wait_for_events(until);
    tick(progress);
  }
  error(under_way_, "no answer within five seconds of the end");
  result_.not_sent = schedule_.not_taken();
  result_.seconds = static_cast<double>(clock_ns() - start_ns_) / kSecondNs;
  return std::move(result_);
}

void LoadRun::wait_for_events(std::int64_t until_ns) {
  // ppoll on the epoll: epoll_wait alone cannot wait for less than a millisecond.
  if (schedule_.open_loop()) {
    const std::int64_t wait_ns = std::max<std::int64_t>(until_ns - now_ns_, 0);
    const timespec timeout{.tv_sec = wait_ns / kSecondNs, .tv_nsec = wait_ns % kSecondNs};
    pollfd poll{.fd = epoll_, .events = POLLIN, .revents = 0};
    ppoll(&poll, 1, &timeout, nullptr);
  }
  const auto wait_ms =
      schedule_.open_loop()
          ? 0
          : static_cast<int>(std::max<std::int64_t>((until_ns - now_ns_ + 999'999) / 1'000'000, 0));
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  now_ns_ = clock_ns();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    on_event(*static_cast<Connection*>(event.data.ptr), event.events);
  }
}

void LoadRun::tick(const Progress& progress) {
  if (now_ns_ < next_progress_ns_) return;
  const auto second = static_cast<int>((now_ns_ - start_ns_) / kSecondNs);
  next_progress_ns_ = start_ns_ + (second + 1) * kSecondNs;
  progress(second, result_, interval_);
  interval_.clear();
}

void LoadRun::start(Connection& connection) {
  if (!connection.start(address_)) {
    ++closed_;
    connection.retry_ns = now_ns_ + kRetryNs;
    error(1, "cannot make a connection");
    return;
  }
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = &connection}};
  connection.watched_for_writing = true;
  EVENTODB_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event) == 0);
}

void LoadRun::lost(Connection& connection, const char* why) {
  const bool was_open = connection.state() == Connection::State::kOpen;
  const std::uint64_t unanswered = connection.in_flight().size();
  under_way_ -= unanswered;
  error(unanswered, why);
  if (!was_open) error(1, why);
  // A server may close an idle connection whenever it likes; that is no reason to wait.
  connection.retry_ns = was_open && unanswered == 0 ? now_ns_ : now_ns_ + kRetryNs;
  connection.close();
  ++closed_;
}

void LoadRun::restart_closed() {
  if (now_ns_ >= schedule_.end_ns()) return;
  for (Connection& connection : connections_) {
    if (connection.state() != Connection::State::kClosed || connection.retry_ns > now_ns_) continue;
    --closed_;
    start(connection);
  }
}

void LoadRun::on_event(Connection& connection, std::uint32_t events) {
  if (connection.state() == Connection::State::kConnecting) {
    if (!connection.finish_connecting()) return lost(connection, "cannot connect");
    if (!schedule_.open_loop()) fill(connection);
    return flush(connection);
  }
  if ((events & EPOLLOUT) != 0) flush(connection);
  if (connection.state() == Connection::State::kOpen && (events & ~std::uint32_t{EPOLLOUT}) != 0) {
    on_readable(connection);
  }
}

void LoadRun::on_readable(Connection& connection) {
  const auto received = connection.receive(receive_buffer_.data(), receive_buffer_.size());
  if (received < 0) return;
  if (received == 0) return lost(connection, "the server closed the connection");
  now_ns_ = clock_ns();
  if (!take_answers(connection, receive_buffer_.data(), static_cast<std::size_t>(received))) return;
  if (schedule_.open_loop()) return;
  fill(connection);
  flush(connection);
}

/// False when the connection is gone.
bool LoadRun::take_answers(Connection& connection, const char* data, std::size_t size) {
  std::string_view rest(data, size);
  ResponseReader& reader = connection.reader();
  while (!rest.empty()) {
    rest.remove_prefix(reader.feed(rest));
    if (reader.broken() || (reader.in_response() && connection.in_flight().empty())) {
      lost(connection, "the answer is not HTTP, or one too many");
      return false;
    }
    if (!reader.complete()) break;
    const bool closes = reader.closes();
    answered(connection);
    if (closes) {
      lost(connection, "the server closed the connection");
      return false;
    }
  }
  return true;
}

void LoadRun::answered(Connection& connection) {
  const InFlight request = connection.in_flight().front();
  connection.in_flight().pop_front();
  --under_way_;
  ResponseReader& reader = connection.reader();
  if (reader.ok()) {
    ++(request.is_read ? result_.reads : result_.writes);
    if (!request.is_read) result_.messages += options_.batch;
    result_.latency.record(now_ns_ - request.intended_ns);
    interval_.record(now_ns_ - request.intended_ns);
  } else {
    error(1, "HTTP status " + std::to_string(reader.status()) + ": " + reader.error_text());
  }
  reader.next();
}

void LoadRun::fill(Connection& connection) {
  while (connection.in_flight().size() < options_.pipeline) {
    const auto operation = schedule_.take(now_ns_);
    if (!operation) return;
    send(connection, *operation);
  }
}

/// Open loop: hands what is due to connections that have room, in turn.
void LoadRun::fill_all() {
  for (std::size_t busy = 0; busy < connections_.size();) {
    Connection& connection = connections_[next_connection_];
    next_connection_ = (next_connection_ + 1) % connections_.size();
    if (connection.state() != Connection::State::kOpen ||
        connection.in_flight().size() >= options_.pipeline) {
      ++busy;
      continue;
    }
    const auto operation = schedule_.take(now_ns_);
    if (!operation) return;
    send(connection, *operation);
    flush(connection);
    busy = 0;
  }
}

void LoadRun::send(Connection& connection, const Operation& operation) {
  if (operation.is_read) {
    connection.writer->append_read(connection.out(), operation.stream);
  } else {
    connection.writer->append_write(connection.out(), operation.stream, operation.serial);
  }
  connection.in_flight().push_back({operation.intended_ns, operation.is_read});
  ++under_way_;
}

void LoadRun::flush(Connection& connection) {
  if (connection.has_unsent() && !connection.flush()) {
    return lost(connection, "the server closed the connection");
  }
  if (connection.has_unsent() == connection.watched_for_writing) return;
  connection.watched_for_writing = connection.has_unsent();
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
  if (connection.watched_for_writing) event.events |= EPOLLOUT;
  EVENTODB_CHECK(epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event) == 0);
}

void LoadRun::error(std::uint64_t count, const std::string& why) {
  if (count > 0 && result_.errors == 0) result_.first_error = why;
  result_.errors += count;
}

}  // namespace eventodb::load
