#include "app/command_line.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "app/suggestion.hpp"

namespace eventodb::app {
namespace {

using Arguments = std::span<const std::string>;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_help(std::string_view word) {
  return is_one_of(word, {"help", "-h", "--help", "-help"});
}

bool is_version(std::string_view word) {
  return is_one_of(word, {"version", "-v", "--version", "-version"});
}

Command read_version(Arguments rest) {
  const bool full = !rest.empty() && is_one_of(rest[0], {"-f", "-full", "--full"});
  if (rest.size() > (full ? 1U : 0U)) {
    return UsageError{2, "unexpected '" + base::loggable(rest.back()) + "' after version"};
  }
  return PrintCommand{version_text(full)};
}

UsageError unknown_word(const std::string& word) {
  const std::array<std::string, 4> commands = {"serve", "reindex", "version", "help"};
  const std::string near = closest(word, commands);
  return {2, "unknown command '" + base::loggable(word) + "'" +
                 (near.empty() ? "" : "; did you mean '" + near + "'?")};
}

Command read_flagged(Arguments arguments, FlagScope command, const Environment& environment) {
  if (std::any_of(arguments.begin(), arguments.end(),
                  [](const auto& word) { return word != "help" && is_help(word); })) {
    return PrintCommand{help_text()};
  }
  Settings settings;
  if (auto error = read_flags(arguments, command, environment, settings)) return *error;
  if (command == FlagScope::kServe) return ServeCommand{settings.config};
  return ReindexCommand{settings.config, settings.only_namespace};
}

}  // namespace

Command read_command_line(Arguments arguments, const Environment& environment) {
  if (arguments.empty() || is_help(arguments[0])) return PrintCommand{help_text()};
  const std::string& first = arguments[0];
  if (is_version(first)) return read_version(arguments.subspan(1));
  const Arguments rest = arguments.subspan(1);
  if (first == "serve") return read_flagged(rest, FlagScope::kServe, environment);
  if (first == "reindex") return read_flagged(rest, FlagScope::kReindex, environment);
  if (!first.starts_with('-')) return unknown_word(first);
  return read_flagged(arguments, FlagScope::kServe, environment);
}

}  // namespace eventodb::app
