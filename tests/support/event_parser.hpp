#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace eventodb::test {

/// The stream of events is not what protocol 4.3 and docs/subscriptions.md allow.
class EventFormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A poke, or with payload=true a message.
struct Event {
  bool is_message = false;
  std::string stream;
  std::int64_t position = 0;
  std::int64_t global_position = 0;
  std::string tuple;  ///< of a message: the JSON text

  friend bool operator==(const Event&, const Event&) = default;
};

/// Reads the body of an event stream, in any pieces, and refuses whatever is not exactly as the
/// protocol says: field order, spaces, line ends, stray blank lines. Stream and type names must be
/// free of quotes and backslashes.
class EventParser {
 public:
  /// Throws EventFormatError.
  void feed(std::string_view bytes);

  /// The next complete event.
  std::optional<Event> take();
  std::size_t events_waiting() const { return events_.size(); }
  /// Whether the stream could end here: no event is half received.
  bool is_between_events() const { return rest_.empty(); }

  int ready_comments() const { return ready_; }
  int keep_alive_comments() const { return keep_alive_; }

 private:
  void take_block(std::string_view block);

  std::string rest_;
  std::deque<Event> events_;
  int ready_ = 0;
  int keep_alive_ = 0;
};

}  // namespace eventodb::test
