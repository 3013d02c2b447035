#include "support/event_parser.hpp"

#include <charconv>
#include <utility>

namespace eventodb::test {
namespace {

/// Reads what it expects off the front of a text.
class Scanner {
 public:
  Scanner(std::string_view text) : whole_(text), rest_(text) {}

  void expect(std::string_view literal) {
    if (!rest_.starts_with(literal)) fail();
    rest_.remove_prefix(literal.size());
  }
  std::int64_t integer() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::string string() {
    expect("\"");
    const auto end = rest_.find('"');
    if (end == std::string_view::npos) fail();
    std::string value(rest_.substr(0, end));
    if (value.find('\\') != std::string::npos) fail();
    rest_.remove_prefix(end + 1);
    return value;
  }
  std::string_view rest() const { return rest_; }
  void expect_end() const {
    if (!rest_.empty()) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw EventFormatError("not an event: '" + std::string(whole_) + "' at '" + std::string(rest_) +
                           "'");
  }

  std::string_view whole_;
  std::string_view rest_;
};

Event parse_poke(std::string_view block) {
  Scanner scan(block);
  Event event;
  scan.expect("event: poke\ndata: {\"stream\":");
  event.stream = scan.string();
  scan.expect(",\"position\":");
  event.position = scan.integer();
  scan.expect(",\"globalPosition\":");
  event.global_position = scan.integer();
  scan.expect("}");
  scan.expect_end();
  return event;
}

Event parse_message(std::string_view block) {
  Scanner scan(block);
  Event event;
  event.is_message = true;
  scan.expect("event: message\nid: ");
  const std::int64_t id = scan.integer();
  scan.expect("\ndata: ");
  event.tuple = scan.rest();
  scan.expect("[");
  scan.string();  // message id
  scan.expect(",");
  event.stream = scan.string();
  scan.expect(",");
  scan.string();  // type
  scan.expect(",");
  event.position = scan.integer();
  scan.expect(",");
  event.global_position = scan.integer();
  scan.expect(",{");
  if (event.tuple.find('\n') != std::string::npos || !event.tuple.ends_with("\"]") ||
      event.global_position != id) {
    throw EventFormatError("not a message: '" + std::string(block) + "'");
  }
  return event;
}

}  // namespace

void EventParser::feed(std::string_view bytes) {
  rest_ += bytes;
  std::size_t begin = 0;
  for (;;) {
    const auto end = rest_.find("\n\n", begin);
    if (end == std::string::npos) break;
    take_block(std::string_view(rest_).substr(begin, end - begin));
    begin = end + 2;
  }
  rest_.erase(0, begin);
}

void EventParser::take_block(std::string_view block) {
  if (block == ": ready") {
    ++ready_;
  } else if (block == ": keep-alive") {
    ++keep_alive_;
  } else if (block.starts_with("event: message")) {
    events_.push_back(parse_message(block));
  } else {
    events_.push_back(parse_poke(block));
  }
}

std::optional<Event> EventParser::take() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace eventodb::test
