#include "app/command_line.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/version.hpp"

namespace eventodb::app {
namespace {

using Variables = std::map<std::string, std::string>;

Command read(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  return read_command_line(arguments, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

Config serve(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  const Command command = read(arguments, variables);
  if (const auto* error = std::get_if<UsageError>(&command)) ADD_FAILURE() << error->text;
  const auto* found = std::get_if<ServeCommand>(&command);
  EXPECT_NE(found, nullptr);
  return found == nullptr ? Config() : found->config;
}

UsageError refused(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  const Command command = read(arguments, variables);
  const auto* error = std::get_if<UsageError>(&command);
  EXPECT_NE(error, nullptr);
  return error == nullptr ? UsageError{0, ""} : *error;
}

std::string printed(const std::vector<std::string>& arguments) {
  const Command command = read(arguments);
  const auto* text = std::get_if<PrintCommand>(&command);
  EXPECT_NE(text, nullptr);
  return text == nullptr ? "" : text->text;
}

TEST(CommandLine, ServeWithoutFlagsHasTheDocumentedDefaults) {
  const Config config = serve({"serve"});
  EXPECT_EQ(config.port, 8080);
  EXPECT_EQ(config.bind, "");
  EXPECT_EQ(config.db_url, "");
  EXPECT_EQ(config.data_dir, "./data");
  EXPECT_FALSE(config.token.has_value());
  EXPECT_FALSE(config.test_mode);
  EXPECT_EQ(config.durability, Durability::kDisk);
  EXPECT_EQ(config.log_level, base::LogLevel::kInfo);
  EXPECT_EQ(config.log_format, base::LogFormat::kConsole);
}

TEST(CommandLine, EverySpellingOfAFlagIsTheSame) {
  for (const auto& spelling : std::vector<std::vector<std::string>>{
           {"-port", "9001"}, {"-port=9001"}, {"--port", "9001"}, {"--port=9001"}}) {
    EXPECT_EQ(serve(spelling).port, 9001) << spelling[0];
    std::vector<std::string> with_word = spelling;
    with_word.insert(with_word.begin(), "serve");
    EXPECT_EQ(serve(with_word).port, 9001) << spelling[0];
  }
}

TEST(CommandLine, EveryFlagReachesTheConfiguration) {
  const Config config =
      serve({"-port=0", "-bind", "127.0.0.1", "--db-url", "sqlite://x.db", "-data-dir=/var/lib/e",
             "-db-type", "timescale", "-token", "ns_x", "-io-threads", "3", "-durability", "os",
             "-log-level", "warn", "-log-format", "json"});
  EXPECT_EQ(config.port, 0);
  EXPECT_EQ(config.bind, "127.0.0.1");
  EXPECT_EQ(config.db_url, "sqlite://x.db");
  EXPECT_EQ(config.data_dir, "/var/lib/e");
  EXPECT_EQ(config.db_type, "timescale");
  EXPECT_EQ(config.token, "ns_x");
  EXPECT_EQ(config.io_threads, 3U);
  EXPECT_EQ(config.durability, Durability::kOs);
  EXPECT_EQ(config.log_level, base::LogLevel::kWarn);
  EXPECT_EQ(config.log_format, base::LogFormat::kJson);
}

TEST(CommandLine, AValueMayBeginWithADashOrHoldAnything) {
  EXPECT_EQ(serve({"-token", "-x"}).token, "-x");
  EXPECT_EQ(serve({"-token=a=b"}).token, "a=b");
  EXPECT_EQ(serve({"-data-dir", "[a, b] \"c\" 'd'"}).data_dir, "[a, b] \"c\" 'd'");
  EXPECT_EQ(serve({"-bind", "[::1]"}).bind, "[::1]");
}

TEST(CommandLine, SwitchesTakeTheirValueOnlyBehindEquals) {
  EXPECT_TRUE(serve({"-test-mode"}).test_mode);
  EXPECT_TRUE(serve({"--test-mode", "--port=1"}).test_mode);
  for (const auto* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    EXPECT_TRUE(serve({std::string("-test-mode=") + yes}).test_mode) << yes;
  }
  for (const auto* no : {"0", "f", "F", "false", "FALSE", "False"}) {
    EXPECT_FALSE(serve({std::string("-test-mode=") + no}).test_mode) << no;
  }
  EXPECT_EQ(refused({"-test-mode", "true"}).exit_status, 2);
  EXPECT_EQ(refused({"-test-mode=yes"}).exit_status, 2);
}

TEST(CommandLine, TheLastOfTwoWins) {
  EXPECT_EQ(serve({"-port", "1", "--port=2"}).port, 2);
  EXPECT_FALSE(serve({"-test-mode", "-test-mode=false"}).test_mode);
}

TEST(CommandLine, VariablesApplyWhenTheFlagIsAbsent) {
  const Variables variables = {{"EVENTODB_PORT", "9002"},       {"EVENTODB_DB_URL", "sqlite://"},
                               {"EVENTODB_DATA_DIR", "d"},      {"EVENTODB_TOKEN", "t"},
                               {"EVENTODB_TEST_MODE", "T"},     {"EVENTODB_LOG_LEVEL", "error"},
                               {"EVENTODB_LOG_FORMAT", "json"}, {"EVENTODB_DURABILITY", "os"},
                               {"EVENTODB_IO_THREADS", "2"},    {"EVENTODB_BIND", "::1"}};
  const Config config = serve({"serve", "-data-dir", "flag"}, variables);
  EXPECT_EQ(config.port, 9002);
  EXPECT_EQ(config.db_url, "sqlite://");
  EXPECT_EQ(config.data_dir, "flag");
  EXPECT_EQ(config.token, "t");
  EXPECT_TRUE(config.test_mode);
  EXPECT_EQ(config.log_level, base::LogLevel::kError);
  EXPECT_EQ(config.log_format, base::LogFormat::kJson);
  EXPECT_EQ(config.durability, Durability::kOs);
  EXPECT_EQ(config.io_threads, 2U);
  EXPECT_EQ(config.bind, "::1");
}

TEST(CommandLine, EmptyCountsAsAbsent) {
  EXPECT_EQ(serve({"serve"}, {{"EVENTODB_PORT", ""}, {"EVENTODB_TEST_MODE", ""}}).port, 8080);
  EXPECT_FALSE(serve({"serve", "-token="}).token.has_value());
  EXPECT_FALSE(serve({"serve", "-token", ""}).token.has_value());
}

TEST(CommandLine, AnUnparsableVariableIsReported) {
  const auto port = refused({"serve"}, {{"EVENTODB_PORT", "http"}});
  EXPECT_EQ(port.exit_status, 1);
  EXPECT_NE(port.text.find("EVENTODB_PORT"), std::string::npos);
  EXPECT_EQ(refused({"serve"}, {{"EVENTODB_TEST_MODE", "yes"}}).exit_status, 1);
  EXPECT_EQ(refused({"serve"}, {{"EVENTODB_DURABILITY", "never"}}).exit_status, 1);
  EXPECT_EQ(serve({"-port", "1"}, {{"EVENTODB_PORT", "http"}}).port, 1) << "the flag overrides it";
}

TEST(CommandLine, AValueThatDoesNotFitIsASyntaxError) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"-port", "http"},
                                                                     {"-port", "65536"},
                                                                     {"-port", "-1"},
                                                                     {"-port"},
                                                                     {"-port", "8080x"},
                                                                     {"-log-level", "loud"},
                                                                     {"-log-format=xml"},
                                                                     {"-durability=memory"},
                                                                     {"-io-threads", "65"}}) {
    const auto error = refused(arguments);
    EXPECT_EQ(error.exit_status, 2) << arguments[0];
    EXPECT_NE(error.text.find(arguments[0].substr(1, 4)), std::string::npos) << error.text;
  }
}

TEST(CommandLine, NumbersAreDigitsAlone) {
  for (const auto* text :
       {"abc", "0x10", " 80", "80 ", "+80", "-0", "8e3", "080", "65536", "99999999999999999999"}) {
    const std::string expected = std::string("'") + text + "' is not a number from 0 to 65535";
    EXPECT_EQ(refused({"--port", text}).text, "--port: " + expected);
    EXPECT_EQ(refused({"serve"}, {{"EVENTODB_PORT", text}}).text, "EVENTODB_PORT: " + expected);
  }
  EXPECT_EQ(serve({"-port", "65535"}).port, 65535);
  EXPECT_EQ(serve({"-io-threads", "64"}).io_threads, 64U);
  EXPECT_EQ(refused({"-log-level", "loud"}).text.find("--log-level: loud"), 0U);
}

TEST(CommandLine, AWordThatIsNearAFlagGetsASuggestion) {
  EXPECT_EQ(refused({"serve", "port", "8080"}).text,
            "unexpected word 'port'; did you mean '--port'?");
  EXPECT_EQ(refused({"reindex", "data-dri"}).text,
            "unexpected word 'data-dri'; did you mean '--data-dir'?");
  EXPECT_EQ(refused({"serve", "something-else"}).text, "unexpected word 'something-else'");
}

TEST(CommandLine, UnknownFlagsAndWordsAreRefusedWithASuggestion) {
  const auto flag = refused({"-prot", "1"});
  EXPECT_EQ(flag.exit_status, 2);
  EXPECT_NE(flag.text.find("'--port'"), std::string::npos) << flag.text;
  const auto word = refused({"srve"});
  EXPECT_EQ(word.exit_status, 2);
  EXPECT_NE(word.text.find("'serve'"), std::string::npos) << word.text;
  EXPECT_EQ(refused({"serve", "now"}).exit_status, 2);
  EXPECT_EQ(refused({"-port", "1", "now"}).exit_status, 2);
  EXPECT_EQ(refused({"---port=1"}).exit_status, 2);
  EXPECT_EQ(refused({"-"}).exit_status, 2);
  EXPECT_EQ(refused({"--"}).exit_status, 2);
}

TEST(CommandLine, AMistypedTokenFlagDoesNotEchoItsValue) {
  EXPECT_EQ(refused({"--tokne=secret"}).text.find("secret"), std::string::npos);
}

TEST(CommandLine, ReindexKnowsItsFlagsOnly) {
  const Command command =
      read({"reindex", "-data-dir", "d", "-namespace", "n"}, {{"EVENTODB_PORT", "http"}});
  const auto* reindex = std::get_if<ReindexCommand>(&command);
  ASSERT_NE(reindex, nullptr);
  EXPECT_EQ(reindex->config.data_dir, "d");
  EXPECT_EQ(reindex->only_namespace, "n");
  EXPECT_EQ(refused({"reindex", "-port", "1"}).exit_status, 2);
  EXPECT_EQ(refused({"serve", "-namespace", "n"}).exit_status, 2);
}

TEST(CommandLine, NothingAtAllPrintsTheHelp) {
  const std::string help = printed({});
  for (const auto& word : {"help", "-h", "--help", "-help"}) EXPECT_EQ(printed({word}), help);
  EXPECT_EQ(printed({"serve", "--help"}), help);
  EXPECT_EQ(printed({"reindex", "-h"}), help);
}

TEST(CommandLine, TheHelpNamesEveryFlagVariableAndDefault) {
  const std::string help = help_text();
  for (const auto& flag : flag_table()) {
    EXPECT_NE(help.find("--" + flag.name), std::string::npos) << flag.name;
    EXPECT_NE(help.find(flag.environment), std::string::npos) << flag.name;
    EXPECT_NE(help.find(flag.default_text), std::string::npos) << flag.name;
    EXPECT_NE(help.find(flag.meaning), std::string::npos) << flag.name;
    EXPECT_FALSE(flag.meaning.empty()) << flag.name;
  }
}

TEST(CommandLine, VersionInEverySpelling) {
  const std::string line = std::string("eventodb ") + base::kVersion + "\n";
  for (const auto& word : {"version", "-v", "--version", "-version"}) {
    EXPECT_EQ(printed({word}), line);
    for (const auto& full : {"-f", "--full", "-full"}) {
      EXPECT_EQ(printed({word, full}).find(line), 0U);
      EXPECT_GT(printed({word, full}).size(), line.size());
    }
  }
  EXPECT_EQ(refused({"version", "now"}).exit_status, 2);
}

}  // namespace
}  // namespace eventodb::app
