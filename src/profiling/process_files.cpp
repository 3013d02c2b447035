#include "profiling/process_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace eventodb::profiling {
namespace {

/// The number behind "<key>:" in /proc/self/status, which counts in kilobytes.
std::int64_t status_bytes(const std::string& status, const char* key) {
  const std::size_t at = status.find(key);
  if (at == std::string::npos) return 0;
  const std::size_t colon = status.find(':', at);
  return colon == std::string::npos ? 0
                                    : std::strtoll(status.c_str() + colon + 1, nullptr, 10) * 1024;
}

}  // namespace

std::optional<std::string> read_proc_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  std::array<char, 16 * 1024> piece;
  for (;;) {
    const ssize_t n = read(file, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      close(file);
      if (n < 0) return std::nullopt;
      return text;
    }
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
}

std::vector<std::string> command_line() {
  const std::string raw = read_proc_file("/proc/self/cmdline").value_or("");
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = std::min(raw.find('\0', at), raw.size());
    arguments.push_back(raw.substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

std::string mapped_libraries() {
  return "\nMAPPED_LIBRARIES:\n" + read_proc_file("/proc/self/maps").value_or("");
}

ProcessMemory process_memory() {
  const std::string status = read_proc_file("/proc/self/status").value_or("");
  return {.resident_bytes = status_bytes(status, "VmRSS"),
          .resident_bytes_high_water = status_bytes(status, "VmHWM"),
          .virtual_bytes = status_bytes(status, "VmSize")};
}

}  // namespace eventodb::profiling
