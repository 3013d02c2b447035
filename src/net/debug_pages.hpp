#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The texts below /debug that need no connection to be made.
namespace eventodb::net {

/// This process's arguments, secrets masked, separated by NUL bytes as Go's profiler shows them.
std::string command_line_text();

/// All threads with their stacks.
std::string threads_text();

/// What malloc, the process and the program's own pools hold, as JSON.
std::string memory_statistics_json();

/// The addresses in a question of pprof, "0x1234+0x5678"; what is none is left out, as pprof's own
/// servers do. nullopt: more than limits::kSymbolAddressesMax.
std::optional<std::vector<std::uintptr_t>> parse_addresses(std::string_view question);

/// "num_symbols: 1", then a line "<address> TAB <function>" for each address that has one.
std::string symbols_text(const std::vector<std::uintptr_t>& addresses);

}  // namespace eventodb::net
