#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eventodb::base {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kConsole, kJson };

/// Sets up spdlog's default logger on standard error, console or JSON lines. Call once, before
/// threads start; afterwards log with spdlog::info and friends from any thread. The console form
/// colours a terminal only.
void start_logging(LogLevel level, LogFormat format);

/// Text of a client made fit for a log line: control characters and invalid bytes escaped as \xNN,
/// cut at 4 KiB. Never pass a token.
std::string loggable(std::string_view text);

}  // namespace eventodb::base
