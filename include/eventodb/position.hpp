#pragma once

#include <compare>
#include <cstdint>

namespace eventodb {

/// Position of a message within its stream: 0, 1, 2, ... without holes for written messages.
struct Position {
  std::int64_t value = 0;
  friend auto operator<=>(Position, Position) = default;
};

/// Place of a message in its namespace's log, in commit order. Written messages start at 1; 0 and
/// holes occur only through imports.
struct GlobalPosition {
  std::int64_t value = 0;
  friend auto operator<=>(GlobalPosition, GlobalPosition) = default;
};

/// The version a writer believes a stream has: the position of its last message.
/// kAny: no expectation. kNoStream: the stream has no messages yet.
class ExpectedVersion {
 public:
  static constexpr std::int64_t kNoStream = -1;

  constexpr ExpectedVersion() = default;  // any
  constexpr explicit ExpectedVersion(std::int64_t version) : version_(version), any_(false) {}

  constexpr bool is_any() const { return any_; }
  /// REQUIRES: !is_any().
  constexpr std::int64_t version() const { return version_; }
  constexpr bool accepts(std::int64_t actual) const { return any_ || version_ == actual; }

 private:
  std::int64_t version_ = 0;
  bool any_ = true;
};

}  // namespace eventodb
