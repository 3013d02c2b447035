#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_buffer.hpp"

namespace eventodb::net {

/// Takes the chunk framing off a request body, whatever the segmentation. Strict: sizes are 1 to 16
/// hexadecimal digits, lines end with CR LF, extensions and trailer fields are skipped and bounded.
/// (Beast's own decoder loses the last chunk when it arrives in three pieces.)
class ChunkedDecoder {
 public:
  enum class State : std::uint8_t {
    kMore,       ///< consumed everything, the body goes on
    kDone,       ///< the body has ended; what was not consumed is the next request
    kMalformed,  ///< close the connection
    kTooLarge,   ///< the body passes `bytes_max`; detected before its bytes are taken
  };

  explicit ChunkedDecoder(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Appends the decoded part of `input` to `body` and sets `consumed`. Not after a state other
  /// than kMore.
  State decode(std::string_view input, std::size_t& consumed, base::ByteBuffer& body);

 private:
  enum class At : std::uint8_t {
    kSize,
    kExtension,
    kSizeLineFeed,
    kData,
    kDataReturn,
    kDataLineFeed,
    kTrailerStart,
    kTrailerField,
    kTrailerFieldLineFeed,
    kLastLineFeed,
    kEnd,
  };

  State step(char byte);
  State take_size_byte(char byte);
  State end_of_size_line();
  State take_framing_byte(char byte);

  const std::uint64_t bytes_max_;
  std::uint64_t total_ = 0;       // of all chunk sizes so far
  std::uint64_t chunk_left_ = 0;  // of the current chunk's data; while reading the size: the size
  unsigned digits_ = 0;
  std::size_t overhead_ = 0;  // bytes of the current size line, or of the whole trailer
  At at_ = At::kSize;
};

}  // namespace eventodb::net
