#include <boost/version.hpp>
#include <string>
#include <string_view>

#include "app/command_line.hpp"
#include "base/version.hpp"

namespace eventodb::app {
namespace {

constexpr std::string_view kHeader = R"(eventodb - an event store over HTTP

Usage:
  eventodb serve [flags]           run the server
  eventodb [flags]                 the same; without any flag this help is printed
  eventodb reindex [flags]         rebuild the derived indexes of a store no server has open
  eventodb version [--full]        print the version (also -v, --version; -f)
  eventodb help                    print this help (also -h, --help)

Flags are written -name value, -name=value, --name value or --name=value; switches -name or
-name=true|false. A flag, even an empty one, overrides its environment variable; empty is no value.

)";

constexpr std::string_view kFooter = R"(
Database URLs:
  (none)                           SQLite below the data directory; memory in test mode
  sqlite://NAME.db                 registry DATA-DIR/NAME.db, the namespaces' files beside it
  sqlite://                        registry DATA-DIR/metadata.db
  pebble://PATH                    memory, in test mode only; refused otherwise
  postgres://..., postgresql://... refused: not built yet

`eventodb serve` without flags serves SQLite in ./data on port 8080.

Exit status: 0 success, 1 error at start or while running, 2 command line not understood.
)";

std::string flag_text(const FlagInfo& flag) {
  std::string text = "  --" + flag.name + (flag.value.empty() ? "" : " " + flag.value);
  text += "\n      " + flag.meaning;
  text += "\n      " + flag.environment;
  if (!flag.default_text.empty()) text += ", default " + flag.default_text;
  return text + "\n";
}

}  // namespace

std::string help_text() {
  std::string of_serve;
  std::string of_reindex;
  for (const auto& flag : flag_table()) {
    if (flag.scope != FlagScope::kReindex) of_serve += flag_text(flag);
    if (flag.scope == FlagScope::kReindex) of_reindex += flag_text(flag);
    if (flag.scope == FlagScope::kBoth) of_reindex += "  --" + flag.name + " as above\n";
  }
  std::string text(kHeader);
  text += "Flags of serve:\n" + of_serve;
  text += "\nFlags of reindex:\n" + of_reindex;
  text += kFooter;
  return text;
}

std::string version_text(bool full) {
  std::string text = std::string("eventodb ") + base::kVersion + "\n";
  if (full) {
    text += std::string("compiler ") + __VERSION__ + "\nboost " + BOOST_LIB_VERSION + "\n";
  }
  return text;
}

}  // namespace eventodb::app
