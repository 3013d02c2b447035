// The session of README.md works when pasted and answers what it says.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

constexpr char kSeparator = '\x1e';

struct Step {
  std::string command;
  std::string answer;  ///< its lines with their ends; "..." stands for anything
};

/// The commands between the session's marks, each with the answer written below it. "#>" alone is
/// an empty line.
std::vector<Step> read_session() {
  std::ifstream in(std::string(std::getenv("EVENTODB_SOURCE_DIR")) + "/README.md");
  std::vector<Step> steps;
  bool in_session = false;
  bool in_block = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("<!-- ")) in_session = line.starts_with("<!-- session");
    if (!in_session) continue;
    if (line.starts_with("```")) {
      in_block = line == "```bash";
    } else if (in_block && line.starts_with("#>")) {
      steps.back().answer += (line == "#>" ? "" : line.substr(3)) + "\n";
    } else if (in_block) {
      steps.push_back({line, ""});
    }
  }
  return steps;
}

/// What the shell prints for each step.
std::vector<std::string> run(const std::vector<Step>& steps, const ServerProcess& server) {
  const TemporaryDirectory directory;
  const std::string script = directory.path() + "/session.sh";
  {
    std::ofstream out(script);
    out << "TOKEN=" << server.token() << "\n";
    for (const auto& step : steps) {
      if (step.command.starts_with("URL=")) {
        out << "URL=http://localhost:" << server.port() << "\n";
      } else {
        out << step.command << "\n";
      }
      out << "printf '\\x1e'\n";
    }
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> shell(
      popen(("bash " + script + " 2>&1").c_str(), "r"), &pclose);
  std::string printed;
  for (int c = std::fgetc(shell.get()); c != EOF; c = std::fgetc(shell.get())) {
    printed += static_cast<char>(c);
  }
  std::vector<std::string> answers;
  std::istringstream split(printed);
  for (std::string answer; std::getline(split, answer, kSeparator);) answers.push_back(answer);
  return answers;
}

bool matches(std::string_view text, std::string_view pattern) {
  const auto dots = pattern.find("...");
  if (dots == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, dots))) return false;
  const std::string_view rest = pattern.substr(dots + 3);
  for (std::size_t i = dots; i <= text.size(); ++i) {
    if (matches(text.substr(i), rest)) return true;
  }
  return false;
}

TEST(Readme, TheSessionAnswersWhatItSays) {
  const TemporaryDirectory directory;
  ServerFlags flags;
  flags.arguments = {"-data-dir", directory.path()};
  const ServerProcess server(flags);
  const auto steps = read_session();
  ASSERT_GT(steps.size(), 12U);
  const auto answers = run(steps, server);
  ASSERT_EQ(answers.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_TRUE(matches(answers[i], steps[i].answer))
        << steps[i].command << "\nanswers  " << answers[i] << "\nand not  " << steps[i].answer;
  }
}

TEST(Readme, APatternStandsForWhatItSays) {
  EXPECT_TRUE(matches("abc", "abc"));
  EXPECT_TRUE(matches("a-1-b-2-c", "a-...-b-...-c"));
  EXPECT_FALSE(matches("abcd", "abc"));
  EXPECT_FALSE(matches("a-1-c", "a-...-b"));
}

}  // namespace
}  // namespace eventodb::test
