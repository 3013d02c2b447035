#pragma once

#include <cstdint>
#include <optional>

#include "load/load_options.hpp"

namespace eventodb::load {

/// One request to be made.
struct Operation {
  bool is_read = false;
  std::uint64_t stream = 0;
  std::uint64_t serial = 0;      ///< of a write's first message: unlike that of any other
  std::int64_t intended_ns = 0;  ///< latency counts from here, on the clock of the caller
};

/// Decides what is sent next and when it was due. With a rate the due times are fixed from the
/// start, whatever the server does, so a server that stalls is charged for everybody who waited
/// (no coordinated omission); without one an operation is due when a worker asks for it.
class Schedule {
 public:
  Schedule(const LoadOptions& options, std::int64_t start_ns);

  /// The next operation, if one is due at `now_ns` and before the end of the run.
  std::optional<Operation> take(std::int64_t now_ns);

  bool open_loop() const { return interval_ns_ > 0; }
  std::int64_t end_ns() const { return end_ns_; }
  /// When the next operation is due. REQUIRES: open_loop().
  std::int64_t next_due_ns() const;
  /// Operations that were due before the end of the run and not taken. 0 without a rate.
  std::uint64_t not_taken() const;

 private:
  std::int64_t due_ns(std::uint64_t index) const;

  Mix mix_;
  std::uint64_t streams_;
  std::uint64_t stride_;  ///< from one step's stream to the next; has no factor of streams_
  std::uint64_t batch_;
  std::int64_t start_ns_;
  std::int64_t end_ns_;
  double interval_ns_;
  std::uint64_t taken_ = 0;
  std::uint64_t step_;
  std::uint32_t in_cycle_ = 0;
};

}  // namespace eventodb::load
