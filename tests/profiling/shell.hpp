#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace eventodb::test {

struct ShellResult {
  int status = -1;
  std::string output;  ///< standard output and standard error
};

/// Runs a command line by /bin/sh to its end.
inline ShellResult run_shell(const std::string& command) {
  ShellResult result;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> piece;
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), pipe)) {
    result.output.append(piece.data(), n);
  }
  const int ended = pclose(pipe);
  result.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return result;
}

/// A script of the project with its path.
inline std::string script(const std::string& name) {
  const char* root = std::getenv("EVENTODB_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/scripts/" + name;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace eventodb::test
