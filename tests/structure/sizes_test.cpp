#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "structure/functions.hpp"
#include "structure/source_files.hpp"

namespace eventodb::structure {
namespace {

constexpr std::size_t kFileLinesMax = 600;
constexpr std::size_t kFileLinesUsual = 400;  // for nine files of ten
constexpr std::size_t kFileLinesMedian = 150;
constexpr std::size_t kFunctionLinesMax = 70;
constexpr std::size_t kFunctionLinesUsual = 40;  // for 95 functions of 100
constexpr std::size_t kColumnsMax = 100;

const std::vector<std::string> kProduct = {"src", "include"};
const std::vector<std::string> kEverything = {"src", "include", "tests", "bench"};

/// Characters, not bytes: continuation bytes of UTF-8 do not count.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// The value that `percent` of the values do not exceed. REQUIRES: not empty.
std::size_t percentile(std::vector<std::size_t> values, std::size_t percent) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * percent / 100];
}

TEST(Sizes, NoFileIsTooLongAndNoLineTooWide) {
  for (const auto& file : read_sources(kEverything)) {
    EXPECT_LE(file.lines.size(), kFileLinesMax) << file.path;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_LE(columns(file.lines[i]), kColumnsMax) << file.path << ":" << i + 1;
    }
  }
}

TEST(Sizes, MostFilesAreShort) {
  std::vector<std::size_t> lengths;
  for (const auto& file : read_sources(kProduct)) lengths.push_back(file.lines.size());
  ASSERT_FALSE(lengths.empty());
  EXPECT_LE(percentile(lengths, 50), kFileLinesMedian);
  EXPECT_LE(percentile(lengths, 90), kFileLinesUsual);
}

TEST(Sizes, NoFunctionIsTooLong) {
  for (const auto& file : read_sources(kEverything)) {
    for (const auto& function : functions_of(file)) {
      EXPECT_LE(function.lines, kFunctionLinesMax)
          << file.path << ":" << function.first_line << ": ..." << function.signature;
    }
  }
}

TEST(Sizes, MostFunctionsAreShort) {
  std::vector<std::size_t> lengths;
  for (const auto& file : read_sources(kProduct)) {
    for (const auto& function : functions_of(file)) lengths.push_back(function.lines);
  }
  ASSERT_GT(lengths.size(), 100U) << "the reader finds too few functions";
  EXPECT_LE(percentile(lengths, 95), kFunctionLinesUsual);
}

TEST(Sizes, FunctionsAreRecognised) {
  const SourceFile file{"example.cpp",
                        {"namespace a {", "const int table[] = {1, 2};", "class B : public C {",
                         "  explicit B(int x) : C{x}, y_(x) {", "    if (x) { y_ = '{'; }", "  }",
                         "  int get() const { return y_; }  // }", "};", "template <class T>",
                         "struct D {};", "TEST(Name, Case) {", "  auto f = [] { return \"}\"; };",
                         "  for (;;) {", "  }", "}", "}  // namespace a"}};
  std::vector<std::size_t> starts;
  std::vector<std::size_t> lengths;
  for (const auto& function : functions_of(file)) {
    if (function.lines == 1 && function.first_line == 4) continue;  // C{x}, an initialiser
    starts.push_back(function.first_line);
    lengths.push_back(function.lines);
  }
  EXPECT_EQ(starts, (std::vector<std::size_t>{4, 7, 11}));
  EXPECT_EQ(lengths, (std::vector<std::size_t>{3, 1, 5}));
}

}  // namespace
}  // namespace eventodb::structure
