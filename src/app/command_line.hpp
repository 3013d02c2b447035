#pragma once

#include <span>
#include <string>
#include <variant>

#include "app/flags.hpp"
#include "eventodb/config.hpp"

namespace eventodb::app {

struct ServeCommand {
  Config config;
};

/// Rebuild the derived indexes of a store that no server has open.
struct ReindexCommand {
  Config config;
  std::string only_namespace;  ///< "" is all
};

/// Print and exit with status 0.
struct PrintCommand {
  std::string text;  ///< complete, with its last line feed
};

using Command = std::variant<ServeCommand, ReindexCommand, PrintCommand, UsageError>;

/// What a command line (without the program's name) and an environment ask for.
Command read_command_line(std::span<const std::string> arguments, const Environment& environment);

/// Every command, flag, variable and default.
std::string help_text();

/// "eventodb <version>", in full with how it was built.
std::string version_text(bool full);

}  // namespace eventodb::app
