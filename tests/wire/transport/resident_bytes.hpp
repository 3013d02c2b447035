#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>
#include <string_view>

namespace eventodb::test {

/// A figure of a process's memory as the kernel counts it, see proc(5): "RssAnon" is what is
/// resident and no file, "VmHWM" the most that ever was resident. -1 when there is none.
inline long resident_bytes(pid_t pid, std::string_view figure) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  const std::string key = std::string(figure) + ":";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stol(line.substr(key.size())) * 1024;
  }
  return -1;
}

}  // namespace eventodb::test
