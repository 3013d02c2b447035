#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/flags.hpp"
#include "eventodb/error.hpp"
#include "rpc/method_table.hpp"
#include "structure/source_files.hpp"

namespace eventodb::structure {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// The rows of `document`'s tables without their headings, which begin with `heading`.
Rows rows_of(const std::string& document, const std::string& heading) {
  Rows rows;
  for (auto& row : table_rows(read_file(document))) {
    if (row.at(0) != heading) rows.push_back(std::move(row));
  }
  return rows;
}

/// "16 * 1024" and "16 KiB", "10s" and "10 s", "65'536" and "65536": the same text for the same
/// value.
std::string canonical(std::string_view text) {
  const std::map<std::string, std::int64_t, std::less<>> factors = {{"KiB", 1024},
                                                                    {"MiB", 1024 * 1024}};
  std::int64_t value = 1;
  std::string unit;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '*') {
      ++i;
      continue;
    }
    std::string word;
    const bool digits = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    for (; i < text.size(); ++i) {
      if (text[i] == '\'') continue;
      if ((std::isdigit(static_cast<unsigned char>(text[i])) != 0) != digits) break;
      if (text[i] == ' ') break;
      word += text[i];
    }
    if (digits) {
      value *= std::stoll(word);
    } else if (const auto factor = factors.find(word); factor != factors.end()) {
      value *= factor->second;
    } else {
      unit = word;
    }
  }
  return std::to_string(value) + unit;
}

/// Name and value of every constant of limits.hpp, in order.
NamedValues limits_of_the_code() {
  NamedValues limits;
  for (const std::string_view line : read_file("include/eventodb/limits.hpp").lines) {
    if (!line.starts_with("inline constexpr ")) continue;
    const auto name = line.find(" k") + 1;
    const auto equals = line.find(" = ", name);
    const auto value = equals + 3;
    limits.emplace_back(line.substr(name, equals - name),
                        canonical(line.substr(value, line.find(';') - value)));
  }
  return limits;
}

TEST(Documents, LimitsEqualTheCode) {
  NamedValues documented;
  for (const auto& row : rows_of("docs/limits.md", "Constant")) {
    documented.emplace_back(row.at(0), canonical(row.at(1)));
    EXPECT_FALSE(row.at(2).empty()) << row.at(0);
  }
  const auto limits = limits_of_the_code();
  ASSERT_GT(limits.size(), 30U);
  EXPECT_EQ(documented, limits);
}

TEST(Documents, ValuesAreReadInTheirUnits) {
  EXPECT_EQ(canonical("16 * 1024"), "16384");
  EXPECT_EQ(canonical("16 KiB"), "16384");
  EXPECT_EQ(canonical("65'536"), "65536");
  EXPECT_EQ(canonical("10s"), canonical("10 s"));
  EXPECT_NE(canonical("10s"), canonical("10"));
  EXPECT_EQ(canonical("100 MiB"), canonical("104'857'600"));
}

TEST(Documents, ErrorCodesEqualTheCode) {
  const auto rows = rows_of("docs/error-codes.md", "Code");
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(ErrorCode::kCount));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ErrorRow& expected = error_row(static_cast<ErrorCode>(i));
    EXPECT_EQ(rows[i].at(0), expected.wire_name);
    EXPECT_EQ(rows[i].at(1), std::to_string(expected.http_status)) << rows[i].at(0);
    EXPECT_EQ(rows[i].at(2), std::to_string(expected.json_rpc_code)) << rows[i].at(0);
    EXPECT_FALSE(rows[i].at(3).empty()) << rows[i].at(0);
  }
}

TEST(Documents, MethodsEqualTheTable) {
  constexpr std::string_view kHeading = "### ";
  std::vector<std::string> documented;
  for (const std::string_view line : read_file("docs/methods.md").lines) {
    if (line.starts_with(kHeading)) documented.emplace_back(line.substr(kHeading.size()));
  }
  std::vector<std::string> methods;
  for (const auto& method : rpc::all_methods()) {
    methods.push_back("`" + std::string(method.name) + "`");
  }
  std::sort(documented.begin(), documented.end());
  std::sort(methods.begin(), methods.end());
  EXPECT_EQ(documented, methods);
}

TEST(Documents, FlagsEqualTheProgram) {
  auto rows = rows_of("docs/command-line.md", "Flag");
  std::erase_if(rows, [](const auto& row) { return !row.at(0).starts_with("--"); });
  const auto flags = app::flag_table();
  ASSERT_EQ(rows.size(), flags.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& flag = flags[i];
    const char* commands = flag.scope == app::FlagScope::kServe     ? "serve"
                           : flag.scope == app::FlagScope::kReindex ? "reindex"
                                                                    : "serve, reindex";
    EXPECT_EQ(rows[i], (std::vector<std::string>{"--" + flag.name, flag.environment, flag.value,
                                                 flag.default_text, commands, flag.meaning}));
  }
}

}  // namespace
}  // namespace eventodb::structure
