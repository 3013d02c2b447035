#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "load/response_reader.hpp"
#include "load/server_url.hpp"

namespace eventodb::load {

/// What is remembered of a request until its answer came.
struct InFlight {
  std::int64_t intended_ns = 0;
  bool is_read = false;
};

class RequestWriter;

/// One worker's non-blocking connection: bytes to send, requests under way, the answer being read.
class Connection {
 public:
  enum class State : std::uint8_t { kClosed, kConnecting, kOpen };

  Connection() = default;
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Starts connecting. False when the system refuses at once; the state is kClosed then.
  bool start(const ServerAddress& address);
  /// After the socket of a kConnecting became writable: true when it is open now.
  bool finish_connecting();
  /// Closes the socket and forgets what was under way.
  void close();

  /// Sends as much of out() as the socket takes. False when the connection is lost.
  bool flush();
  /// Receives once into `buffer`. -1: nothing there; 0: the connection is lost or at its end.
  std::ptrdiff_t receive(char* buffer, std::size_t size);

  int fd() const { return fd_; }
  State state() const { return state_; }
  bool has_unsent() const { return sent_ < out_.size(); }
  std::string& out() { return out_; }
  ResponseReader& reader() { return reader_; }
  std::deque<InFlight>& in_flight() { return in_flight_; }

  const RequestWriter* writer = nullptr;  ///< what its worker sends
  bool watched_for_writing = false;       ///< how the event loop registered it
  std::int64_t retry_ns = 0;              ///< while kClosed: not to be started before

 private:
  int fd_ = -1;
  State state_ = State::kClosed;
  std::string out_;
  std::size_t sent_ = 0;
  std::deque<InFlight> in_flight_;
  ResponseReader reader_;
};

}  // namespace eventodb::load
