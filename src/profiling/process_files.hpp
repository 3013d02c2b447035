#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventodb::profiling {

/// The content of a file of /proc; nullopt when it cannot be read (a thread that ended).
std::optional<std::string> read_proc_file(const std::string& path);

/// This process's arguments, the program's name first.
std::vector<std::string> command_line();

/// The section that tells a reader of a text profile which file lies where in memory.
std::string mapped_libraries();

/// What the kernel says of this process, in bytes.
struct ProcessMemory {
  std::int64_t resident_bytes = 0;
  std::int64_t resident_bytes_high_water = 0;
  std::int64_t virtual_bytes = 0;
};
ProcessMemory process_memory();

}  // namespace eventodb::profiling
