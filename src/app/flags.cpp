#include "app/flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "app/suggestion.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::app {
namespace {

// The group of an option says which commands know it.
constexpr char kServeGroup[] = "serve";
constexpr char kReindexGroup[] = "reindex";
constexpr char kBothGroup[] = "both";

template <class Value>
using Names = std::map<std::string, Value>;

const Names<base::LogLevel> kLogLevels = {{"debug", base::LogLevel::kDebug},
                                          {"info", base::LogLevel::kInfo},
                                          {"warn", base::LogLevel::kWarn},
                                          {"error", base::LogLevel::kError}};
const Names<base::LogFormat> kLogFormats = {{"console", base::LogFormat::kConsole},
                                            {"json", base::LogFormat::kJson}};
const Names<Durability> kDurabilities = {{"disk", Durability::kDisk}, {"os", Durability::kOs}};

std::string in_quotes(std::string_view text) {
  return "'" + base::loggable(text) + "'";
}

/// The validator without the text it would add to the option's placeholder.
CLI::Validator plain(CLI::Validator validator) {
  validator.description("");
  return validator;
}

/// Digits alone: CLI11 by itself would take 0x10, 010 and leading white space.
CLI::Validator number_up_to(std::uint64_t max) {
  const auto check = [max](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    const bool is_plain = text == "0" || !text.starts_with('0');
    if (error == std::errc() && rest == end && is_plain && number <= max) return {};
    return in_quotes(text) + " is not a number from 0 to " + std::to_string(max);
  };
  return CLI::Validator(check, "");
}

/// An option whose value is one of a few names.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, const Names<Value>& names,
                        Value& target, const std::string& meaning) {
  std::vector<std::string> spellings;
  for (const auto& [spelling, value] : names) spellings.push_back(spelling);
  auto set = [&names, &target](const std::string& spelling) { target = names.at(spelling); };
  return app.add_option_function<std::string>(name, set, meaning)
      ->check(plain(CLI::IsMember(spellings)));
}

void declare_storage(CLI::App& app, Config& config) {
  app.add_option("--db-url", config.db_url,
                 "storage: sqlite://NAME.db keeps files below the data directory; without it "
                 "SQLite is used, or memory in test mode")
      ->type_name("URL")
      ->group(kBothGroup);
  app.add_option("--data-dir", config.data_dir, "directory of the SQLite files; created if missing")
      ->type_name("DIR")
      ->capture_default_str()
      ->group(kBothGroup);
  app.add_option("--db-type", config.db_type,
                 "timescale: use TimescaleDB behind a postgres URL; ignored otherwise")
      ->type_name("TYPE");
  add_choice(app, "--durability", kDurabilities, config.durability,
             "when a write is acknowledged: disk (synced) or os (handed to the kernel)")
      ->type_name("WHEN")
      ->default_str("disk");
}

void declare_server(CLI::App& app, Config& config) {
  app.add_option("--port", config.port, "TCP port; 0 takes a free one")
      ->check(number_up_to(65535))
      ->type_name("PORT")
      ->capture_default_str();
  app.add_option("--bind", config.bind, "address to listen on; without it all, IPv4 and IPv6")
      ->type_name("ADDRESS");
  declare_storage(app, config);
  app.add_option_function<std::string>(
         "--token", [&config](const std::string& token) { config.token = token; },
         "token of the default namespace; without it one is made at the first start")
      ->type_name("TOKEN");
  app.add_flag("--test-mode", config.test_mode,
               "memory store, no credentials needed; only without a sqlite or postgres URL")
      ->default_str("false");
  app.add_option("--io-threads", config.io_threads,
                 "threads that serve connections; 0 chooses by the machine")
      ->check(number_up_to(limits::kIoThreadsMax))
      ->type_name("COUNT")
      ->capture_default_str();
}

void declare_logging(CLI::App& app, Config& config) {
  add_choice(app, "--log-level", kLogLevels, config.log_level, "debug, info, warn or error")
      ->type_name("LEVEL")
      ->default_str("info")
      ->group(kBothGroup);
  add_choice(app, "--log-format", kLogFormats, config.log_format,
             "console or json (one object a line), on standard error")
      ->type_name("FORMAT")
      ->default_str("console")
      ->group(kBothGroup);
}

/// The one declaration of every flag; a parse writes what it finds into `settings`.
void declare_flags(CLI::App& app, Settings& settings) {
  app.set_help_flag();
  app.option_defaults()->take_last()->group(kServeGroup);
  declare_server(app, settings.config);
  declare_logging(app, settings.config);
  app.add_option("--namespace", settings.only_namespace, "rebuild only this namespace")
      ->type_name("ID")
      ->group(kReindexGroup);
}

bool is_switch(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}

FlagScope scope_of(const CLI::Option& option) {
  if (option.get_group() == kServeGroup) return FlagScope::kServe;
  return option.get_group() == kReindexGroup ? FlagScope::kReindex : FlagScope::kBoth;
}

std::string environment_name(const std::string& flag) {
  std::string name = "EVENTODB_";
  for (const char c : flag) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

/// "true" or "false" for the spellings of a boolean, "" for anything else.
std::string_view boolean_value(std::string_view text) {
  for (const auto yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return "true";
  }
  for (const auto no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return "false";
  }
  return "";
}

/// The values one source gives to flags; empty ones are left out.
class FlagValues {
 public:
  FlagValues(const CLI::App& known, FlagScope command) : known_(known), command_(command) {}

  std::optional<UsageError> add_arguments(std::span<const std::string> arguments);
  /// Adds the variables of the flags that `arguments` does not give.
  void add_environment(const Environment& environment, const FlagValues& arguments);
  /// A value that does not fit is an error with `exit_status`.
  std::optional<UsageError> store_into(Settings& settings, int exit_status) const;

 private:
  struct Value {
    std::string flag;
    std::string text;
    std::string source;  // how the user wrote it: "--port", "EVENTODB_PORT"
  };

  bool belongs(const CLI::Option& option) const {
    return scope_of(option) == FlagScope::kBoth || scope_of(option) == command_;
  }
  bool has(const std::string& flag) const {
    return std::any_of(values_.begin(), values_.end(),
                       [&](const Value& value) { return value.flag == flag; });
  }
  std::string suggestion_for(const std::string& name) const;

  const CLI::App& known_;
  FlagScope command_;
  std::vector<Value> values_;
};

/// What the user may have meant, to be added to an error's text; "" for no idea.
std::string FlagValues::suggestion_for(const std::string& name) const {
  std::vector<std::string> candidates;
  for (const auto* option : known_.get_options()) {
    if (belongs(*option)) candidates.push_back(option->get_single_name());
  }
  const std::string near = closest(name, candidates);
  return near.empty() ? "" : "; did you mean '--" + near + "'?";
}

std::optional<UsageError> FlagValues::add_arguments(std::span<const std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const std::size_t dashes = argument.find_first_not_of('-');
    if (dashes != 1 && dashes != 2) {
      return UsageError{2, "unexpected word " + in_quotes(argument) + suggestion_for(argument)};
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(dashes, equals - dashes);
    const CLI::Option* option = known_.get_option_no_throw("--" + name);
    if (option == nullptr || !belongs(*option)) {
      return UsageError{2, "unknown flag " + in_quotes("--" + name) + suggestion_for(name)};
    }
    if (equals != std::string::npos) {
      values_.push_back({name, argument.substr(equals + 1), "--" + name});
    } else if (is_switch(*option)) {
      values_.push_back({name, "true", "--" + name});
    } else if (i + 1 < arguments.size()) {
      values_.push_back({name, arguments[++i], "--" + name});
    } else {
      return UsageError{2, "--" + name + " needs a value"};
    }
  }
  return std::nullopt;
}

void FlagValues::add_environment(const Environment& environment, const FlagValues& arguments) {
  for (const auto* option : known_.get_options()) {
    const std::string name = option->get_single_name();
    if (!belongs(*option) || arguments.has(name)) continue;
    const std::string variable = environment_name(name);
    if (const char* text = environment(variable.c_str())) {
      values_.push_back({name, text, variable});
    }
  }
}

std::optional<UsageError> FlagValues::store_into(Settings& settings, int exit_status) const {
  for (const auto& [flag, text, source] : values_) {
    if (text.empty()) continue;
    CLI::App parser;
    declare_flags(parser, settings);
    const bool boolean = is_switch(*known_.get_option("--" + flag));
    const std::string value(boolean ? boolean_value(text) : text);
    if (value.empty()) {
      return UsageError{exit_status, source + ": " + in_quotes(text) + " is not true or false"};
    }
    try {
      parser.parse(std::vector<std::string>{"--" + flag + "=" + value});
    } catch (const CLI::ParseError& error) {
      std::string_view why = error.what();
      const std::string name = "--" + flag + ": ";
      if (why.starts_with(name)) why.remove_prefix(name.size());  // `source` says it
      return UsageError{exit_status, source + ": " + base::loggable(why)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<FlagInfo> flag_table() {
  Settings settings;
  CLI::App app;
  declare_flags(app, settings);
  std::vector<FlagInfo> table;
  for (const auto* option : std::as_const(app).get_options()) {
    const std::string name = option->get_single_name();
    table.push_back({name, environment_name(name),
                     is_switch(*option) ? "" : option->get_type_name(), option->get_default_str(),
                     option->get_description(), scope_of(*option)});
  }
  return table;
}

std::optional<UsageError> read_flags(std::span<const std::string> arguments, FlagScope command,
                                     const Environment& environment, Settings& settings) {
  Settings unused;
  CLI::App known;
  declare_flags(known, unused);
  FlagValues from_arguments(known, command);
  if (auto error = from_arguments.add_arguments(arguments)) return error;
  FlagValues from_environment(known, command);
  from_environment.add_environment(environment, from_arguments);
  if (auto error = from_environment.store_into(settings, 1)) return error;
  return from_arguments.store_into(settings, 2);
}

}  // namespace eventodb::app
