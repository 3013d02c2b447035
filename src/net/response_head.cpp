#include "net/response_head.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.hpp"
#include "base/version.hpp"

namespace eventodb::net {
namespace {

constexpr std::size_t kExtraBytesMax = 512;
/// Everything but the extra fields is ours and short.
constexpr std::size_t kHeadBytesMax = kExtraBytesMax + 512;
/// Where the length of most answers fits: two digits, as a write's answer has.
constexpr std::size_t kUsualLength = 10;

const char* const kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
const char* const kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Appends to memory that is known to be large enough.
class TextEnd {
 public:
  explicit TextEnd(char* at) : at_(at) {}
  TextEnd& operator<<(std::string_view text) {
    at_ = std::copy(text.begin(), text.end(), at_);
    return *this;
  }
  TextEnd& operator<<(std::size_t number) {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  TextEnd& two_digits(int number) {
    *at_++ = static_cast<char>('0' + number / 10);
    *at_++ = static_cast<char>('0' + number % 10);
    return *this;
  }
  char* at() const { return at_; }

 private:
  char* at_;
};

std::size_t render(char* to, const ResponseHead& head, std::string_view date) {
  TextEnd text(to);
  text << "HTTP/1.1 " << static_cast<std::size_t>(head.status) << " " << reason_phrase(head.status)
       << "\r\nServer: EventoDB/" << base::kVersion << "\r\nDate: " << date << "\r\n";
  if (!head.content_type.empty()) text << "Content-Type: " << head.content_type << "\r\n";
  if (head.any_origin) text << "Access-Control-Allow-Origin: *\r\n";
  if (head.status == 503) text << "Retry-After: 1\r\n";
  if (!head.allow.empty()) text << "Allow: " << head.allow << "\r\n";
  text << head.extra_fields;
  if (head.close) text << "Connection: close\r\n";
  if (head.framing == BodyFraming::kChunked) text << "Transfer-Encoding: chunked\r\n";
  if (head.framing == BodyFraming::kLength) {
    text << "Content-Length: " << head.content_length << "\r\n";
  }
  text << "\r\n";
  return static_cast<std::size_t>(text.at() - to);
}

}  // namespace

std::string_view HttpDate::text() {
  const std::time_t now = std::time(nullptr);
  if (now != second_) {
    second_ = now;
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    TextEnd text(text_.data());
    text << kDays[utc.tm_wday] << ", ";
    text.two_digits(utc.tm_mday) << " " << kMonths[utc.tm_mon] << " ";
    text.two_digits((utc.tm_year + 1900) / 100).two_digits(utc.tm_year % 100) << " ";
    text.two_digits(utc.tm_hour) << ":";
    text.two_digits(utc.tm_min) << ":";
    text.two_digits(utc.tm_sec) << " GMT";
  }
  return {text_.data(), text_.size()};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

void append_head(base::ByteBuffer& out, const ResponseHead& head, std::string_view date) {
  EVENTODB_CHECK(head.extra_fields.size() <= kExtraBytesMax);
  out.commit(render(out.prepare(kHeadBytesMax), head, date));
}

void HeadPlace::reserve(base::ByteBuffer& out, std::string_view date) {
  begin_ = out.size();
  ResponseHead usual;
  usual.content_length = kUsualLength;
  usual.any_origin = true;
  append_head(out, usual, date);
  body_begin_ = out.size();
}

void HeadPlace::fill(base::ByteBuffer& out, ResponseHead head, std::string_view date) {
  EVENTODB_CHECK(head.extra_fields.size() <= kExtraBytesMax);
  const std::size_t body_bytes = out.size() - body_begin_;
  const std::size_t reserved = body_begin_ - begin_;
  head.content_length = body_bytes;
  char text[kHeadBytesMax];
  const std::size_t needed = render(text, head, date);
  if (needed != reserved) {
    out.prepare(needed);  // may move the buffer
    char* const at = out.data() + begin_;
    std::memmove(at + needed, at + reserved, body_bytes);
    out.truncate(begin_);
    out.commit(needed + body_bytes);
  }
  std::memcpy(out.data() + begin_, text, needed);
  body_begin_ = begin_ + needed;
}

}  // namespace eventodb::net
