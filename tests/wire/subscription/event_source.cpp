#include "wire/subscription/event_source.hpp"

#include <cctype>

namespace eventodb::test {

EventSource::EventSource(std::uint16_t port, std::string_view query, const Options& options)
    : client_(port), everything_written_(options.everything_written) {
  if (options.receive_buffer_bytes != 0) client_.set_receive_buffer(options.receive_buffer_bytes);
  HttpFields fields;
  if (!options.token.empty()) fields.emplace_back("Authorization", "Bearer " + options.token);
  if (!options.last_event_id.empty()) fields.emplace_back("Last-Event-ID", options.last_event_id);
  client_.send(http_request("GET", "/subscribe?" + std::string(query), {}, fields));
  head_ = client_.receive_head();
  if (head_.status != 200 || !head_.chunked) {
    throw EventFormatError("not an event stream: " + head_.status_line);
  }
  const std::string first = client_.receive_chunk();
  if (first != ": ready\n\n") throw EventFormatError("not ready: " + first);
}

/// Reads one chunk. False at the end.
bool EventSource::receive() {
  const std::string chunk = client_.receive_chunk();
  if (chunk.empty()) return false;
  const auto before = parser_.events_waiting();
  const int comments = parser_.keep_alive_comments();
  parser_.feed(chunk);
  const auto found = parser_.events_waiting() - before +
                     static_cast<std::size_t>(parser_.keep_alive_comments() - comments);
  if (found != 1 || !parser_.is_between_events() || parser_.ready_comments() != 0) {
    throw EventFormatError("a chunk is not one event: '" + chunk + "'");
  }
  return true;
}

std::optional<Event> EventSource::next() {
  while (parser_.events_waiting() == 0) {
    const int comments = parser_.keep_alive_comments();
    if (!receive()) return std::nullopt;
    if (parser_.keep_alive_comments() == comments || everything_written_ == nullptr) continue;
    // The first comment may have been on its way already.
    if (*everything_written_ && ++silences_ == 2) {
      throw EventFormatError("silent where an event should be");
    }
  }
  return parser_.take();
}

std::string EventSource::list(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const auto event = next();
    if (!text.empty()) text += ' ';
    text += event ? event->stream + '@' + std::to_string(event->position) : "end";
    if (!event) break;
  }
  return text;
}

void EventSource::expect_keep_alive() {
  const int before = parser_.keep_alive_comments();
  if (!receive() || parser_.keep_alive_comments() != before + 1) {
    throw EventFormatError("not a keep-alive comment");
  }
}

std::string escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte)) {
      result += c;
    } else {
      result += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return result;
}

}  // namespace eventodb::test
