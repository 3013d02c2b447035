#include "structure/source_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace eventodb::structure {
namespace {

namespace fs = std::filesystem;

fs::path project_directory() {
  const char* directory = std::getenv("EVENTODB_SOURCE_DIR");
  if (directory == nullptr) throw std::runtime_error("EVENTODB_SOURCE_DIR is not set");
  return directory;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" `");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" `") - first + 1));
}

}  // namespace

SourceFile read_file(const std::string& path) {
  std::ifstream in(project_directory() / path);
  if (!in) throw std::runtime_error("cannot read " + path);
  SourceFile file{path, {}};
  for (std::string line; std::getline(in, line);) file.lines.push_back(line);
  return file;
}

std::vector<SourceFile> read_files(const std::string& folder, std::string_view extension) {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(project_directory() / folder)) {
    if (entry.path().extension() != extension) continue;
    files.push_back(read_file(fs::relative(entry.path(), project_directory()).string()));
  }
  std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
  return files;
}

std::vector<SourceFile> read_sources(const std::vector<std::string>& folders) {
  std::vector<SourceFile> files;
  for (const auto& folder : folders) {
    for (const char* extension : {".hpp", ".cpp"}) {
      std::ranges::move(read_files(folder, extension), std::back_inserter(files));
    }
  }
  std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
  return files;
}

std::vector<std::vector<std::string>> table_rows(const SourceFile& document) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : document.lines) {
    if (!line.starts_with('|') || line.starts_with("|-") || line.starts_with("| -")) continue;
    std::vector<std::string> cells;
    std::size_t from = 1;
    for (std::size_t bar = line.find('|', from); bar != std::string_view::npos;
         bar = line.find('|', from)) {
      cells.push_back(trimmed(line.substr(from, bar - from)));
      from = bar + 1;
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace eventodb::structure
