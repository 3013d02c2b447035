#include "load/schedule.hpp"

#include <cmath>
#include <numeric>

namespace eventodb::load {
namespace {

/// Close to the golden section, so that steps after each other and those a few later lie far apart;
/// without a factor of `streams`, so that each is visited once before one is again.
std::uint64_t scattered_stride(std::uint64_t streams) {
  std::uint64_t stride = streams * 618 / 1000 + 1;
  while (std::gcd(stride, streams) != 1) ++stride;
  return stride;
}

}  // namespace

Schedule::Schedule(const LoadOptions& options, std::int64_t start_ns)
    : mix_(options.mix),
      streams_(options.streams),
      stride_(options.scattered ? scattered_stride(options.streams) : 1),
      batch_(options.batch),
      start_ns_(start_ns),
      end_ns_(start_ns + options.duration.count()),
      interval_ns_(options.rate > 0 ? 1e9 / options.rate : 0),
      step_(options.first_step) {}

std::int64_t Schedule::due_ns(std::uint64_t index) const {
  return start_ns_ + static_cast<std::int64_t>(static_cast<double>(index) * interval_ns_);
}

std::int64_t Schedule::next_due_ns() const {
  return due_ns(taken_);
}

std::optional<Operation> Schedule::take(std::int64_t now_ns) {
  const std::int64_t due = open_loop() ? due_ns(taken_) : now_ns;
  if (due > now_ns || due >= end_ns_ || now_ns >= end_ns_) return std::nullopt;
  ++taken_;
  Operation operation{.is_read = in_cycle_ >= mix_.writes, .intended_ns = due};
  // Reads of a mixed load follow the write before them to its stream.
  if (!operation.is_read || mix_.writes == 0) ++step_;
  operation.serial = (step_ - 1) * batch_;
  operation.stream = (step_ - 1) % streams_ * stride_ % streams_;
  if (++in_cycle_ == mix_.writes + mix_.reads) in_cycle_ = 0;
  return operation;
}

std::uint64_t Schedule::not_taken() const {
  if (!open_loop()) return 0;
  const auto due = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(end_ns_ - start_ns_) / interval_ns_));
  return due > taken_ ? due - taken_ : 0;
}

}  // namespace eventodb::load
