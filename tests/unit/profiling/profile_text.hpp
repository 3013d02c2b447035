#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "profiling/symbols.hpp"

namespace eventodb::profiling {

/// One line of a heap text: "objects: bytes [allocated objects: bytes] @ addresses".
struct HeapLine {
  long long objects = 0;
  long long bytes = 0;
  std::vector<std::uintptr_t> stack;
};

struct HeapText {
  HeapLine total;
  std::string form;  ///< behind the header's '@'
  std::vector<HeapLine> lines;
  bool has_libraries = false;
};

/// Reads what google-pprof would.
inline HeapText parse_heap_text(const std::string& text) {
  HeapText parsed;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    HeapLine counts;
    if (line == "MAPPED_LIBRARIES:") {
      parsed.has_libraries = true;
      break;
    }
    if (std::sscanf(line.c_str(), "heap profile: %lld: %lld", &counts.objects, &counts.bytes) ==
        2) {
      parsed.total = counts;
      parsed.form = line.substr(line.find('@') + 2);
      continue;
    }
    if (std::sscanf(line.c_str(), "%lld: %lld", &counts.objects, &counts.bytes) != 2) continue;
    const char* address = line.c_str() + line.find('@') + 1;
    for (char* next = nullptr;; address = next) {
      const auto value = std::strtoull(address, &next, 16);
      if (next == address) break;
      counts.stack.push_back(value);
    }
    parsed.lines.push_back(counts);
  }
  return parsed;
}

/// Sums the lines whose stack goes through a function of this name.
inline HeapLine through(const HeapText& text, std::string_view function) {
  Symbols symbols;
  HeapLine sum;
  for (const HeapLine& line : text.lines) {
    for (const std::uintptr_t frame : line.stack) {
      if (symbols.name_of(frame - 1).find(function) == std::string::npos) continue;
      sum.objects += line.objects;
      sum.bytes += line.bytes;
      break;
    }
  }
  return sum;
}

}  // namespace eventodb::profiling
