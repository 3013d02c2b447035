#include "structure/functions.hpp"

#include <cctype>
#include <string_view>

namespace eventodb::structure {

std::string code_of(const SourceFile& file) {
  std::string text;
  for (const auto& line : file.lines) {
    text += line.starts_with('#') ? std::string() : line;
    text += '\n';
  }
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (; from < to && from < text.size(); ++from) {
      if (text[from] != '\n') text[from] = ' ';
    }
    return to;
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (rest.starts_with("//")) {
      i = blank(i, text.find('\n', i));
    } else if (rest.starts_with("/*")) {
      i = blank(i, text.find("*/", i) + 2);
    } else if (rest.starts_with("R\"(")) {
      i = blank(i, text.find(")\"", i) + 2);
    } else if (rest[0] == '"' || (rest[0] == '\'' && (i == 0 || !std::isalnum(text[i - 1])))) {
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != rest[0]) end += text[end] == '\\' ? 2 : 1;
      i = blank(i, end + 1);
    } else {
      ++i;
    }
  }
  return text;
}

namespace {

enum class Scope { kOuter, kFunction, kInner };

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !std::isalnum(static_cast<unsigned char>(text[at - 1]));
    const auto after = at + word.size();
    const bool ends = after == text.size() || text[after] == ' ' || text[after] == '\n';
    if (starts && ends) return true;
  }
  return false;
}

/// What a brace opens that comes after `before` (the text since the last ';' or brace) outside of
/// functions.
Scope scope_after(std::string_view before) {
  const auto last = before.find_last_not_of(" \n");
  if (last == std::string_view::npos) return Scope::kOuter;
  if (before[last] == '=' || before[last] == '(' || before[last] == ',') return Scope::kInner;
  if (has_word(before, "namespace") || has_word(before, "enum")) return Scope::kOuter;
  if (before.find('(') != std::string_view::npos) return Scope::kFunction;
  for (const auto* type : {"struct", "class", "union"}) {
    if (has_word(before, type)) return Scope::kOuter;
  }
  return Scope::kInner;
}

std::string tail_of(std::string_view text) {
  std::string tail;
  for (const char c : text.substr(text.size() > 90 ? text.size() - 90 : 0)) {
    if (c != '\n') tail += c;
  }
  return tail;
}

}  // namespace

std::vector<Function> functions_of(const SourceFile& file) {
  const std::string text = code_of(file);
  std::vector<Function> functions;
  std::vector<Scope> scopes;
  std::size_t line = 1;
  std::size_t statement = 0;
  Function open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') ++line;
    if (text[i] == '{') {
      const bool outside = scopes.empty() || scopes.back() == Scope::kOuter;
      const std::string_view before = std::string_view(text).substr(statement, i - statement);
      scopes.push_back(outside ? scope_after(before) : Scope::kInner);
      if (scopes.back() == Scope::kFunction) open = {tail_of(before), line, 0};
    } else if (text[i] == '}' && !scopes.empty()) {
      if (scopes.back() == Scope::kFunction) {
        open.lines = line - open.first_line + 1;
        functions.push_back(open);
      }
      scopes.pop_back();
    }
    if (text[i] == ';' || text[i] == '{' || text[i] == '}') statement = i + 1;
  }
  return functions;
}

}  // namespace eventodb::structure
