#pragma once

namespace eventodb::base {
/// Prints the failed condition with its place to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace eventodb::base

/// An invariant whose failure is a bug of ours; on in every build.
#define EVENTODB_CHECK(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::eventodb::base::check_failed(#condition, __FILE__, __LINE__))
