#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/event_parser.hpp"
#include "support/http_client.hpp"

namespace eventodb::test {

/// Receive buffer of a client that is to fall behind soon. One that reads on must read_on(): with
/// a window smaller than a loopback segment TCP takes a fifth of a second for every few KiB.
inline constexpr int kSmallBuffer = 16 * 1024;

/// One GET /subscribe over HTTP/1.1. Every chunk must be exactly one event or comment (protocol
/// 4.3); whatever is not as it should be throws.
class EventSource {
 public:
  struct Options {
    std::string token;
    std::string last_event_id;
    int receive_buffer_bytes = 0;  ///< 0: the system's
    /// Once true, next() takes a silence with two keep-alive comments for a lost event and throws.
    const std::atomic<bool>* everything_written = nullptr;
  };

  /// Opens and reads up to ": ready".
  EventSource(std::uint16_t port, std::string_view query, const Options& options);

  /// Header of the answer.
  const HttpResponse& head() const { return head_; }
  /// The next event; nullopt at the regular end of the stream.
  std::optional<Event> next();
  /// The next `count` events as "stream@position stream@position"; the end is "end".
  std::string list(int count);
  /// Waits for a comment; an event before it throws.
  void expect_keep_alive();
  HttpClient& connection() { return client_; }
  /// Gives a client with a small buffer an ordinary one.
  void read_on() { client_.set_receive_buffer(1024 * 1024); }

 private:
  bool receive();

  HttpClient client_;
  const std::atomic<bool>* everything_written_;
  int silences_ = 0;
  HttpResponse head_;
  EventParser parser_;
};

/// Text for a query string: everything but letters and digits as %xx.
std::string escaped(std::string_view text);

}  // namespace eventodb::test
