#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

#include "base/byte_buffer.hpp"

namespace eventodb::net {

/// How the body of an answer is delimited.
enum class BodyFraming : std::uint8_t {
  kLength,   ///< Content-Length
  kChunked,  ///< HTTP/1.1, length unknown
  kClose,    ///< by the end of the connection: HTTP/1.0, or an endless stream
  kNone,     ///< 204: no body, no length
};

/// Everything that varies in the head of an answer. No text of a client goes in here.
struct ResponseHead {
  int status = 200;
  std::string_view content_type = "application/json";  ///< "" for none
  BodyFraming framing = BodyFraming::kLength;
  std::size_t content_length = 0;
  bool close = false;           ///< adds Connection: close
  bool any_origin = false;      ///< adds Access-Control-Allow-Origin: *
  std::string_view allow = {};  ///< value of Allow; "" for none
  std::string_view extra_fields =
      {};  ///< further complete lines, each with CR LF; at most 512 bytes
};

/// "Sun, 06 Nov 1994 08:49:37 GMT", formatted once a second. One per thread.
class HttpDate {
 public:
  std::string_view text();

 private:
  std::time_t second_ = -1;
  std::array<char, 29> text_{};
};

/// "Not Found" and so on for the statuses this server uses; "" for others.
std::string_view reason_phrase(int status);

/// Appends the head with its empty line. 503 brings Retry-After along.
void append_head(base::ByteBuffer& out, const ResponseHead& head, std::string_view date);

/// Renders an answer's head in front of its body when both share one buffer and neither length nor
/// status is known before the body: reserves the place for the usual head, then fits the real one
/// in, moving the body by a few bytes at most when it differs.
class HeadPlace {
 public:
  /// Reserves at the end of `out`. The body is appended after it.
  void reserve(base::ByteBuffer& out, std::string_view date);
  /// Writes the head for the body behind the place; its Content-Length is set here.
  void fill(base::ByteBuffer& out, ResponseHead head, std::string_view date);

  std::size_t begin() const { return begin_; }
  std::size_t body_begin() const { return body_begin_; }

 private:
  std::size_t begin_ = 0;
  std::size_t body_begin_ = 0;
};

}  // namespace eventodb::net
