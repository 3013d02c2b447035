#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eventodb::structure {

/// One file of the project, as lines without their ends.
struct SourceFile {
  std::string path;  ///< relative to the project: "src/net/listener.cpp"
  std::vector<std::string> lines;
};

/// A file of the project. Throws std::runtime_error when it cannot be read.
SourceFile read_file(const std::string& path);

/// Every file with this extension (".patch") below a folder of the project, sorted by path.
std::vector<SourceFile> read_files(const std::string& folder, std::string_view extension);

/// Every .hpp and .cpp below these folders of the project, sorted by path.
std::vector<SourceFile> read_sources(const std::vector<std::string>& folders);

/// The cells of every row of the Markdown tables of a document: trimmed, without back quotes;
/// the lines of dashes are left out. Rows outside of tables do not occur.
std::vector<std::vector<std::string>> table_rows(const SourceFile& document);

}  // namespace eventodb::structure
