#include "net/chunked_decoder.hpp"

#include <algorithm>

#include "eventodb/limits.hpp"
#include "net/ascii.hpp"

namespace eventodb::net {
namespace {

constexpr unsigned kSizeDigitsMax = 16;

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

ChunkedDecoder::State ChunkedDecoder::decode(std::string_view input, std::size_t& consumed,
                                             base::ByteBuffer& body) {
  consumed = 0;
  while (consumed < input.size()) {
    if (at_ == At::kData) {
      const auto take =
          static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, input.size() - consumed));
      body.append(input.substr(consumed, take));
      consumed += take;
      chunk_left_ -= take;
      if (chunk_left_ == 0) at_ = At::kDataReturn;
      continue;
    }
    const State state = step(input[consumed]);
    ++consumed;
    if (state != State::kMore) return state;
  }
  return State::kMore;
}

ChunkedDecoder::State ChunkedDecoder::step(char byte) {
  if (++overhead_ > limits::kHeaderBlockBytesMax) return State::kMalformed;
  if (at_ == At::kSize || at_ == At::kExtension) return take_size_byte(byte);
  return take_framing_byte(byte);
}

ChunkedDecoder::State ChunkedDecoder::take_size_byte(char byte) {
  if (byte == '\r' && digits_ != 0) {
    at_ = At::kSizeLineFeed;
    return State::kMore;
  }
  if (at_ == At::kExtension) return is_control(byte) ? State::kMalformed : State::kMore;
  if (byte == ';' && digits_ != 0) {
    at_ = At::kExtension;
    return State::kMore;
  }
  const int digit = hex_digit(byte);
  if (digit < 0 || ++digits_ > kSizeDigitsMax) return State::kMalformed;
  chunk_left_ = chunk_left_ << 4 | static_cast<unsigned>(digit);
  return State::kMore;
}

ChunkedDecoder::State ChunkedDecoder::end_of_size_line() {
  digits_ = 0;
  overhead_ = 0;
  if (chunk_left_ == 0) {
    at_ = At::kTrailerStart;
    return State::kMore;
  }
  if (chunk_left_ > bytes_max_ - total_) return State::kTooLarge;
  total_ += chunk_left_;
  at_ = At::kData;
  return State::kMore;
}

/// Everything with one or two allowed bytes.
ChunkedDecoder::State ChunkedDecoder::take_framing_byte(char byte) {
  const auto expect = [&](char wanted, At next) {
    if (byte != wanted) return State::kMalformed;
    at_ = next;
    return State::kMore;
  };
  switch (at_) {
    case At::kSizeLineFeed:
      return byte == '\n' ? end_of_size_line() : State::kMalformed;
    case At::kDataReturn:
      return expect('\r', At::kDataLineFeed);
    case At::kDataLineFeed:
      overhead_ = 0;
      return expect('\n', At::kSize);
    case At::kTrailerStart:
      if (byte == '\r') return expect('\r', At::kLastLineFeed);
      at_ = At::kTrailerField;
      [[fallthrough]];
    case At::kTrailerField:
      if (byte == '\r') return expect('\r', At::kTrailerFieldLineFeed);
      return is_control(byte) ? State::kMalformed : State::kMore;
    case At::kTrailerFieldLineFeed:
      return expect('\n', At::kTrailerStart);
    case At::kLastLineFeed:
      at_ = At::kEnd;
      return byte == '\n' ? State::kDone : State::kMalformed;
    default:
      return State::kMalformed;
  }
}

}  // namespace eventodb::net
