#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "eventodb/error.hpp"

namespace eventodb::net {

/// Finds the end of a request head and refuses everything two parsers could read differently:
/// what Beast lets through (reliability.md 4) and what it checks too late. Works line by line on
/// whatever has arrived, so the answer is the same for every segmentation of the same bytes.
/// After a refusal the connection must close: where the next request starts is unknown.
class FramingGuard {
 public:
  enum class Verdict : std::uint8_t { kNeedMore, kComplete, kRefused };

  /// `input` holds everything since the first byte of the request; it only grows between calls.
  Verdict scan(std::string_view input);

  // --- after kComplete ---
  /// Bytes up to and including the empty line.
  std::size_t head_bytes() const { return scanned_; }
  bool chunked() const { return transfer_encodings_ != 0; }
  /// Of the body; nullopt when not given.
  std::optional<std::uint64_t> content_length() const { return content_length_; }

  // --- after kRefused ---
  /// kInvalidRequest (400), kHeaderTooLarge (431) or kTargetTooLong (414).
  ErrorCode refusal() const { return refusal_; }
  /// A text of ours, without bytes of the client.
  std::string_view reason() const { return reason_; }

 private:
  Verdict refuse(ErrorCode code, std::string_view reason);
  Verdict refuse(std::string_view reason) { return refuse(ErrorCode::kInvalidRequest, reason); }
  Verdict check_unfinished_line(std::string_view input);
  bool check_line(std::string_view line);
  bool check_request_line(std::string_view line);
  bool check_field_line(std::string_view line);
  bool check_framing_field(std::string_view name, std::string_view value);
  bool check_content_length(std::string_view value);
  Verdict check_whole();

  std::size_t line_begin_ = 0;
  std::size_t scanned_ = 0;  // everything before it was searched for line ends
  std::size_t lines_ = 0;    // complete ones, the request line included
  unsigned hosts_ = 0;
  unsigned transfer_encodings_ = 0;
  bool http11_ = false;
  std::optional<std::uint64_t> content_length_;
  ErrorCode refusal_ = ErrorCode::kInvalidRequest;
  std::string_view reason_;
};

}  // namespace eventodb::net
