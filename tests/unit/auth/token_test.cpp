#include "auth/token.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

namespace eventodb::auth {
namespace {

const std::string kZeros(64, '0');

std::string text(const TokenHash& hash) {
  return {hash.data(), hash.size()};
}

TEST(Token, NamesItsNamespace) {
  EXPECT_EQ(parse_token("ns_ZGVmYXVsdA_" + kZeros).value(), "default");
  EXPECT_EQ(parse_token("ns_dGVuYW50LWE_" + std::string(64, 'F')).value(), "tenant-a");
}

TEST(Token, IsSplitAtItsLastUnderscore) {
  EXPECT_EQ(parse_token("ns_YWI__" + kZeros).value(), "ab?");
  EXPECT_EQ(parse_token("ns_YWI_YWI__" + kZeros).value(), "ab?ab?");
}

struct Rejected {
  const char* why;
  std::string token;
};

const Rejected kRejected[] = {
    {"empty", ""},
    {"prefix", "tk_ZGVmYXVsdA_" + kZeros},
    {"prefix case", "NS_ZGVmYXVsdA_" + kZeros},
    {"no separator", "ns_ZGVmYXVsdA"},
    {"nothing after the prefix", "ns_"},
    {"63 characters", "ns_ZGVmYXVsdA_" + kZeros.substr(1)},
    {"65 characters", "ns_ZGVmYXVsdA_0" + kZeros},
    {"not hexadecimal", "ns_ZGVmYXVsdA_g" + kZeros.substr(1)},
    {"padding", "ns_ZGVmYXVsdA=_" + kZeros},
    {"base64 with +", "ns_ZGVm+XVsdA_" + kZeros},
    {"base64 with /", "ns_ZGVm/XVsdA_" + kZeros},
    {"space inside", "ns_ZGVm XVsdA_" + kZeros},
    {"length 1 modulo 4", "ns_ZGVmY_" + kZeros},
    {"empty namespace", "ns__" + kZeros},
    {"not UTF-8", "ns__w_" + kZeros},  // decodes to 0xff
    {"trailing space", "ns_ZGVmYXVsdA_" + kZeros + " "},
    {"trailing line feed", "ns_ZGVmYXVsdA_" + kZeros.substr(1) + "\n"},
};

TEST(Token, RejectsWithAReason) {
  for (const auto& row : kRejected) {
    auto parsed = parse_token(row.token);
    ASSERT_FALSE(parsed) << row.why;
    const Error error = parsed.error();
    EXPECT_EQ(error.code, ErrorCode::kAuthInvalidToken) << row.why;
    ASSERT_TRUE(std::holds_alternative<ParseProblem>(error.details)) << row.why;
    EXPECT_FALSE(std::get<ParseProblem>(error.details).text.empty()) << row.why;
  }
}

TEST(Token, GeneratedOnesFitTheGrammarAndDiffer) {
  const std::regex grammar("^ns_[A-Za-z0-9_-]+_[0-9a-f]{64}$");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = generate_token("default");
    EXPECT_TRUE(std::regex_match(token, grammar)) << token;
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(Token, EveryIdComesBackFromItsToken) {
  const std::string ids[] = {"a",     "ab",
                             "abc",   "ab?",
                             "a/b c", "\xc3\xa9t\xc3\xa9",
                             "../x",  std::string(255, 'n'),
                             "_",     "\xf0\x9f\x98\x80"};
  for (const auto& id : ids) {
    EXPECT_EQ(parse_token(generate_token(id)).value(), id);
    EXPECT_EQ(parse_token(deterministic_test_token(id)).value(), id);
  }
}

TEST(Token, WorkedValuesOfTheProtocol) {
  EXPECT_EQ(deterministic_test_token("default"),
            "ns_ZGVmYXVsdA_9e209a53612574dc6f2c3a019e99cf8e5893924d83a0866eb359f386653a406e");
  EXPECT_EQ(deterministic_test_token("tenant-a"),
            "ns_dGVuYW50LWE_00e89f3f11d5cc642ead881b17cdaf08368e8e3d465f02134e18942899eeed23");
  EXPECT_EQ(text(hash_token("ns_ZGVmYXVsdA_" + kZeros)),
            "6fefedfc989ca8bea8ce1b63672607c06fbd0d8b3c0667164cf4f5a02911fb52");
  EXPECT_EQ(text(hash_token(deterministic_test_token("default"))),
            "a6bf8633f64d2b670426fcf7cd5f88560207d2a72f97e0be97f022f63664861f");
}

TEST(Token, TheHashIsOverTheExactCharacters) {
  std::string token = deterministic_test_token("default");
  std::string upper = token;
  std::transform(upper.end() - 64, upper.end(), upper.end() - 64,
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_TRUE(parse_token(upper));
  EXPECT_NE(text(hash_token(token)), text(hash_token(upper)));
}

}  // namespace
}  // namespace eventodb::auth
