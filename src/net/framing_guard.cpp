#include "net/framing_guard.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "eventodb/limits.hpp"
#include "net/ascii.hpp"

namespace eventodb::net {
namespace {

bool contains(std::string_view text, char byte) {
  return !text.empty() && std::memchr(text.data(), byte, text.size()) != nullptr;
}

bool is_target_byte(char c) {
  return c >= 0x21 && c <= 0x7e;
}

}  // namespace

FramingGuard::Verdict FramingGuard::scan(std::string_view input) {
  for (;;) {
    const std::size_t line_feed = input.find('\n', scanned_);
    if (line_feed == std::string_view::npos) return check_unfinished_line(input);
    if (line_feed >= limits::kHeaderBlockBytesMax) {
      return lines_ == 0 ? refuse(ErrorCode::kTargetTooLong, "the request target is too long")
                         : refuse(ErrorCode::kHeaderTooLarge, "the header block is too large");
    }
    std::string_view line = input.substr(line_begin_, line_feed - line_begin_);
    scanned_ = line_begin_ = line_feed + 1;
    if (!line.ends_with('\r')) return refuse("a line ends without carriage return");
    line.remove_suffix(1);
    if (lines_ != 0 && line.empty()) return check_whole();
    if (!check_line(line)) return Verdict::kRefused;
    ++lines_;
  }
}

/// Speaks up before the line ends when nothing can make it right: else a sender of lone carriage
/// returns would be answered only by the header timeout.
FramingGuard::Verdict FramingGuard::check_unfinished_line(std::string_view input) {
  if (input.size() >= limits::kHeaderBlockBytesMax) {
    return lines_ == 0 ? refuse(ErrorCode::kTargetTooLong, "the request target is too long")
                       : refuse(ErrorCode::kHeaderTooLarge, "the header block is too large");
  }
  const std::size_t from = scanned_ > line_begin_ ? scanned_ - 1 : scanned_;
  const std::string_view news = input.substr(from);
  if (news.size() > 1 && contains(news.substr(0, news.size() - 1), '\r')) {
    return refuse("a carriage return without line feed");
  }
  if (contains(news, '\0')) return refuse("a NUL byte in the header");
  scanned_ = input.size();
  return Verdict::kNeedMore;
}

bool FramingGuard::check_line(std::string_view line) {
  if (contains(line, '\r')) {
    refuse("a carriage return without line feed");
    return false;
  }
  if (contains(line, '\0')) {
    refuse("a NUL byte in the header");
    return false;
  }
  return lines_ == 0 ? check_request_line(line) : check_field_line(line);
}

bool FramingGuard::check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
  if (second == line.npos || first == 0) {
    refuse("malformed request line");
    return false;
  }
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    refuse("only HTTP/1.1 and HTTP/1.0 are spoken here");
    return false;
  }
  if (target.empty() || !std::ranges::all_of(target, is_target_byte)) {
    refuse("bad byte in the request target");
    return false;
  }
  if (target.size() > limits::kTargetBytesMax) {
    refuse(ErrorCode::kTargetTooLong, "the request target is too long");
    return false;
  }
  http11_ = version == "HTTP/1.1";
  return true;
}

bool FramingGuard::check_field_line(std::string_view line) {
  if (lines_ > limits::kHeaderFieldsMax) {
    refuse(ErrorCode::kHeaderTooLarge, "too many header fields");
    return false;
  }
  if (is_blank(line.front())) {
    refuse("a folded header field");
    return false;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) {
    refuse("a header field without name");
    return false;
  }
  const std::string_view name = line.substr(0, colon);
  if (is_blank(name.back())) {
    refuse("white space before the colon of a header field");
    return false;
  }
  return check_framing_field(name, trim_blanks(line.substr(colon + 1)));
}

bool FramingGuard::check_framing_field(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "host")) {
    ++hosts_;
  } else if (equals_ignoring_case(name, "content-length")) {
    return check_content_length(value);
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    if (++transfer_encodings_ > 1 || value != "chunked") {
      refuse("a Transfer-Encoding other than chunked");
      return false;
    }
  }
  return true;
}

bool FramingGuard::check_content_length(std::string_view value) {
  std::uint64_t length = 0;
  const char* end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, length);  // no sign, no prefix
  if (value.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    refuse("a Content-Length that is no decimal number");
    return false;
  }
  if (content_length_ && *content_length_ != length) {
    refuse("two Content-Length fields that differ");
    return false;
  }
  content_length_ = length;
  return true;
}

FramingGuard::Verdict FramingGuard::check_whole() {
  if (hosts_ > 1 || (http11_ && hosts_ == 0)) return refuse("exactly one Host field is needed");
  if (chunked() && content_length_) return refuse("both Transfer-Encoding and Content-Length");
  if (chunked() && !http11_) return refuse("Transfer-Encoding needs HTTP/1.1");
  return Verdict::kComplete;
}

FramingGuard::Verdict FramingGuard::refuse(ErrorCode code, std::string_view reason) {
  refusal_ = code;
  reason_ = reason;
  return Verdict::kRefused;
}

}  // namespace eventodb::net
