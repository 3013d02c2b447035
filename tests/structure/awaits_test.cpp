// GCC 12 miscompiles an await that may or may not happen within one expression: `a || co_await b()`
// or `co_await (a ? b() : c())` destroy the frame of a coroutine that was never made. It also
// miscompiles one that is the condition of a statement, `if (!co_await a())`, unless a local
// variable stands before it: the condition then comes first in the frame, where the function to
// resume belongs. A condition that declares a variable is safe.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "structure/functions.hpp"
#include "structure/source_files.hpp"

namespace eventodb::structure {
namespace {

constexpr std::string_view kAwait = "co_await";

bool is_operator_at(std::string_view code, std::size_t at) {
  for (const std::string_view symbol : {" && ", " || ", " ? "}) {
    if (code.substr(at).starts_with(symbol)) return true;
  }
  return false;
}

/// Whether a short-circuit operator stands before `at` in the same expression, enclosing
/// parentheses included.
bool may_be_skipped(std::string_view code, std::size_t at) {
  std::size_t closed = 0;
  while (at-- > 0) {
    const char c = code[at];
    if (c == ')') ++closed;
    if (c == '(' && closed > 0) --closed;
    if (closed == 0 && (c == ';' || c == '{' || c == '}')) return false;
    if (closed == 0 && is_operator_at(code, at)) return true;
  }
  return false;
}

/// Whether what is awaited is chosen within parentheses.
bool awaits_a_choice(std::string_view code, std::size_t at) {
  std::size_t open = 0;
  for (std::size_t i = at + kAwait.size(); i < code.size(); ++i) {
    if (code[i] == '(') ++open;
    if (code[i] == ')' && --open == 0) return false;
    if (open == 0 && code[i] != ' ' && code[i] != '\n') return false;
    if (is_operator_at(code, i)) return true;
  }
  return false;
}

/// Whether the await stands in the condition of an if, while or switch without being the value of a
/// variable.
bool is_condition(std::string_view code, std::size_t at) {
  std::size_t closed = 0;
  for (std::size_t i = at; i-- > 0;) {
    const char c = code[i];
    if (closed == 0 && c == '=' && code[i - 1] != '=' && code[i + 1] != '=') return false;
    if (closed == 0 && (c == ';' || c == '{' || c == '}')) return false;
    if (c == ')') ++closed;
    if (c != '(') continue;
    if (closed > 0) {
      --closed;
      continue;
    }
    const std::string_view before = code.substr(0, i);
    for (const std::string_view keyword : {"if ", "while ", "switch "}) {
      if (before.ends_with(keyword)) return true;
    }
  }
  return false;
}

/// Lines of a file whose await may be skipped within its expression or decides a statement.
std::string conditional_awaits(const SourceFile& file) {
  std::string code = code_of(file);
  std::string found;
  std::size_t line = 1;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '\n') {
      ++line;
      code[i] = ' ';
    }
    if (!std::string_view(code).substr(i).starts_with(kAwait)) continue;
    if (may_be_skipped(code, i) || awaits_a_choice(code, i) || is_condition(code, i)) {
      found += file.path + ":" + std::to_string(line) + "\n";
    }
  }
  return found;
}

std::string in_line(const std::string& line) {
  return conditional_awaits({"x", {line}});
}

TEST(Awaits, NoneIsConditionalWithinAnExpression) {
  for (const auto& file : read_sources({"src", "include", "tests", "bench"})) {
    EXPECT_EQ(conditional_awaits(file), "");
  }
}

TEST(Awaits, ConditionalOnesAreFound) {
  EXPECT_EQ(in_line("if (gone_ || !co_await flush()) co_return;"), "x:1\n");
  EXPECT_EQ(in_line("if (a() && (b || co_await flush())) co_return;"), "x:1\n");
  EXPECT_EQ(in_line("x = a ? co_await b() : c;"), "x:1\n");
  EXPECT_EQ(in_line("x = co_await (a ? b() : c());"), "x:1\n");
  EXPECT_EQ(in_line("while (co_await next()) {}"), "x:1\n");
  EXPECT_EQ(in_line("if (!co_await a(b)) co_return;"), "x:1\n");
  EXPECT_EQ(in_line("if (co_await a() == b) co_return;"), "x:1\n");
  EXPECT_EQ(in_line("switch (co_await a()) {}"), "x:1\n");
}

TEST(Awaits, OthersAreNot) {
  EXPECT_EQ(in_line("if (a && b) co_await c();"), "");
  EXPECT_EQ(in_line("x = a && b; co_await c();"), "");
  EXPECT_EQ(in_line("if (const auto x = co_await next()) {}"), "");
  EXPECT_EQ(in_line("if (auto x = co_await next(); !x) {}"), "");
  EXPECT_EQ(in_line("if (a(b)) co_await c();"), "");
  EXPECT_EQ(in_line("while (a() == 0) b(co_await c());"), "");
  EXPECT_EQ(in_line("co_await f(a ? b : c);"), "");
  EXPECT_EQ(in_line("auto&& x = co_await c();"), "");
}

}  // namespace
}  // namespace eventodb::structure
