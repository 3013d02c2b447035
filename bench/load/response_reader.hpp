#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventodb::load {

/// Recognises where HTTP/1.1 responses end in a stream of bytes, looking at nothing but status,
/// Content-Length, Transfer-Encoding and Connection. Feed it what was received, in pieces of any
/// size; it keeps only what it needs of an incomplete head.
class ResponseReader {
 public:
  enum class State : std::uint8_t {
    kHead,       ///< before or in the status line and the header fields
    kBody,       ///< in a body of known length
    kChunkSize,  ///< in the line that says how long the next chunk is
    kChunk,      ///< in a chunk and the line end after it
    kTrailer,    ///< after the last chunk
    kComplete,   ///< one final response has ended; next() starts the following one
    kBroken,     ///< not HTTP, or without a length: the connection is of no further use
  };

  /// Takes bytes until the current response is complete or the input is used up. Returns how many
  /// were taken; all of `data` unless state() is kComplete or kBroken. 1xx answers are skipped.
  std::size_t feed(std::string_view data);

  /// Starts the next response. REQUIRES: state() is kComplete.
  void next();

  /// Forgets everything, for a new connection.
  void reset() { *this = ResponseReader(); }

  State state() const { return state_; }
  bool complete() const { return state_ == State::kComplete; }
  bool broken() const { return state_ == State::kBroken; }
  /// True when part of a response has arrived.
  bool in_response() const { return state_ != State::kHead || !pending_.empty(); }

  int status() const { return status_; }
  bool ok() const { return status_ >= 200 && status_ < 300; }
  /// The server will close the connection after this response.
  bool closes() const { return closes_; }
  /// The first bytes of the body of an answer that is not 2xx, for a message.
  const std::string& error_text() const { return error_text_; }

 private:
  std::size_t feed_head(std::string_view data);
  std::size_t feed_line(std::string_view data);
  std::size_t feed_counted(std::string_view data);
  void end_of_head(std::string_view head);
  void field(std::string_view line);
  void end_of_line(std::string_view line);

  State state_ = State::kHead;
  bool closes_ = false;
  bool chunked_ = false;
  bool length_known_ = false;
  int status_ = 0;
  std::uint64_t left_ = 0;  // bytes of the body or of the chunk with its line end
  std::string pending_;     // an incomplete head or line
  std::string error_text_;
};

}  // namespace eventodb::load
