// The planted faults of tests/faults still fit the code, so that `make planted-faults` proves
// something, and what they rely on still holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "structure/source_files.hpp"

namespace eventodb::structure {
namespace {

using Lines = std::vector<std::string>;

/// One hunk of a patch: the lines it expects to find.
struct Hunk {
  std::string path;
  Lines before;
};

struct Fault {
  std::string text;
  std::string test;
  std::vector<Hunk> hunks;
};

Fault parse(const SourceFile& patch) {
  Fault fault;
  std::string path;
  for (const std::string& line : patch.lines) {
    if (line.starts_with("Fault: ")) fault.text = line.substr(7);
    if (line.starts_with("Test: ")) fault.test = line.substr(6);
    if (line.starts_with("--- a/")) {
      path = line.substr(6);
    } else if (line.starts_with("@@ ")) {
      fault.hunks.push_back({path, {}});
    } else if (!fault.hunks.empty() && (line.starts_with(" ") || line.starts_with("-"))) {
      fault.hunks.back().before.push_back(line.substr(1));
    }
  }
  return fault;
}

/// How often these lines stand in the file, one after the other.
std::size_t occurrences(const Lines& lines, const SourceFile& file) {
  std::size_t count = 0;
  for (auto at = file.lines.begin(); at != file.lines.end(); ++at, ++count) {
    at = std::search(at, file.lines.end(), lines.begin(), lines.end());
    if (at == file.lines.end()) break;
  }
  return count;
}

TEST(Faults, EveryOneStillFitsTheCode) {
  const auto patches = read_files("tests/faults", ".patch");
  EXPECT_GT(patches.size(), 10U);
  for (const SourceFile& patch : patches) {
    const Fault fault = parse(patch);
    EXPECT_FALSE(fault.text.empty()) << patch.path;
    EXPECT_NE(fault.test.find(' '), std::string::npos) << patch.path;
    EXPECT_FALSE(fault.hunks.empty()) << patch.path;
    for (const Hunk& hunk : fault.hunks) {
      EXPECT_EQ(occurrences(hunk.before, read_file(hunk.path)), 1U)
          << patch.path << " does not fit " << hunk.path
          << ": change the code as the fault says and put the new diff into the patch";
    }
  }
}

TEST(Faults, AHunkIsFoundWhereItsLinesStand) {
  const Fault fault = parse({"x.patch",
                             {"Fault: a", "Test: b c", "--- a/f.cpp", "+++ b/f.cpp", "@@ -1,2 @@",
                              " one", "-two", "+deux", "@@ -9,1 @@", "-nine"}});
  ASSERT_EQ(fault.hunks.size(), 2U);
  EXPECT_EQ(occurrences(fault.hunks[0].before, {"f.cpp", {"zero", "one", "two", "nine"}}), 1U);
  EXPECT_EQ(occurrences(fault.hunks[0].before, {"f.cpp", {"one", "nine", "two"}}), 0U);
  EXPECT_EQ(occurrences(fault.hunks[1].before, {"f.cpp", {"nine", "nine"}}), 2U);
}

/// Time tells nothing about a secret only if no comparison ends early; no run of the program shows
/// that, so this reads the code.
TEST(Secrets, AreComparedInConstantTime) {
  std::size_t comparisons = 0;
  for (const SourceFile& file : read_sources({"src/auth"})) {
    for (const std::string& line : file.lines) {
      if (line.find("equal_constant_time(") != std::string::npos) ++comparisons;
      for (const char* early : {"memcmp", "strcmp", "std::equal(", "hash ==", "hash !="}) {
        EXPECT_EQ(line.find(early), std::string::npos) << file.path << ": " << line;
      }
    }
  }
  EXPECT_GE(comparisons, 4U);
}

}  // namespace
}  // namespace eventodb::structure
