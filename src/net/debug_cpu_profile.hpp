#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "eventodb/store.hpp"

namespace eventodb::net {

class DebugWorker;
class Exchange;

/// How long a CPU profile is to take: the query's `seconds`, 30 without it. nullopt: not a whole
/// number from 1 to limits::kCpuProfileTimeMax.
std::optional<std::chrono::seconds> parse_profile_time(std::string_view seconds);

/// Samples all threads for `time` and answers with the profile; 409 while another one runs. When
/// the server stops, the profile ends early.
Awaitable<void> serve_cpu_profile(Exchange& exchange, DebugWorker& worker,
                                  std::chrono::seconds time);

}  // namespace eventodb::net
