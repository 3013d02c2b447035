#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "structure/source_files.hpp"

namespace eventodb::structure {

/// The file as one text in which comments, literals and directives are blanked out.
std::string code_of(const SourceFile& file);

/// A function's definition in a file.
struct Function {
  std::string signature;   ///< the end of what stands before its body, for messages
  std::size_t first_line;  ///< of the body's opening brace, from 1
  std::size_t lines;       ///< from the opening brace's line to the closing one's
};

/// The functions that a file defines, member functions and test cases included. Reads the text as
/// clang-format leaves it; no preprocessor.
std::vector<Function> functions_of(const SourceFile& file);

}  // namespace eventodb::structure
