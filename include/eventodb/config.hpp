#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/logging.hpp"

namespace eventodb {

/// When an append is acknowledged. There is no default that hides a loss: `disk` is the default.
enum class Durability : std::uint8_t {
  kDisk,  ///< synced to the disk before the acknowledgement
  kOs,    ///< handed to the operating system: survives a crash of the process, not of the machine
};

/// What `eventodb serve` runs with, after flags and environment were read and checked.
struct Config {
  std::uint16_t port = 8080;  ///< 0: any free port; the start-up line says which
  std::string bind;           ///< address; empty: all, IPv4 and IPv6
  std::string db_url;         ///< empty: memory in test mode, else "sqlite://" in data_dir
  std::string data_dir = "./data";
  std::string db_type;
  std::optional<std::string> token;  ///< for the default namespace
  bool test_mode = false;
  Durability durability = Durability::kDisk;
  unsigned io_threads = 0;  ///< 0: from the machine
  base::LogLevel log_level = base::LogLevel::kInfo;
  base::LogFormat log_format = base::LogFormat::kConsole;
};

}  // namespace eventodb
