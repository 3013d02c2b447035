#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eventodb/config.hpp"

namespace eventodb::app {

/// A command line or an environment that cannot be used: text for standard error, exit status
/// 2 for the syntax of flags, 1 for everything else.
struct UsageError {
  int exit_status;
  std::string text;
};

/// Which commands know a flag.
enum class FlagScope : std::uint8_t { kServe, kReindex, kBoth };

/// What flags and environment set.
struct Settings {
  Config config;
  std::string only_namespace;  ///< of reindex; "" is all
};

/// What the help says of a flag. The variable of flag `some-name` is EVENTODB_SOME_NAME.
struct FlagInfo {
  std::string name;  ///< without dashes
  std::string environment;
  std::string value;         ///< placeholder; "" for a switch
  std::string default_text;  ///< "" for none
  std::string meaning;
  FlagScope scope;
};

/// Every flag, in the order of the help. The one source of the help text and the documents' table.
std::vector<FlagInfo> flag_table();

/// The value of an environment variable, or nullptr.
using Environment = std::function<const char*(const char* name)>;

/// Reads the environment, then the flags over it, into `settings`. `command` is kServe or kReindex.
/// Flags are written `-name value`,
/// `-name=value` or with two dashes; switches `-name` or `-name=true|false`. A variable or value
/// that is empty counts as absent. Returns what is wrong, if anything.
std::optional<UsageError> read_flags(std::span<const std::string> arguments, FlagScope command,
                                     const Environment& environment, Settings& settings);

}  // namespace eventodb::app
