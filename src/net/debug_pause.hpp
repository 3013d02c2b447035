#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "net/connection.hpp"

namespace eventodb::net {

/// How long a CPU profile is to take: the query's `seconds`, 30 without it. nullopt: not a whole
/// number from 1 to limits::kCpuProfileTimeMax.
std::optional<std::chrono::seconds> parse_profile_time(std::string_view seconds);

/// Waits on the connection's thread while it serves others; the end of the server and a client that
/// closes its connection cut it short.
Awaitable<void> pause(Connection& connection, std::chrono::seconds time);

}  // namespace eventodb::net
