#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventodb::base {
namespace {

std::string hex_of(std::string_view bytes) {
  const auto hex = sha256_hex(bytes);
  return {hex.data(), hex.size()};
}

TEST(Digest, Sha256OfTheProtocolsWorkedTokens) {
  EXPECT_EQ(hex_of("ns_ZGVmYXVsdA_" + std::string(64, '0')),
            "6fefedfc989ca8bea8ce1b63672607c06fbd0d8b3c0667164cf4f5a02911fb52");
  EXPECT_EQ(hex_of("eventodb-test-token:default"),
            "9e209a53612574dc6f2c3a019e99cf8e5893924d83a0866eb359f386653a406e");
  EXPECT_EQ(hex_of("eventodb-test-token:tenant-a"),
            "00e89f3f11d5cc642ead881b17cdaf08368e8e3d465f02134e18942899eeed23");
  EXPECT_EQ(hex_of("ns_ZGVmYXVsdA_" + hex_of("eventodb-test-token:default")),
            "a6bf8633f64d2b670426fcf7cd5f88560207d2a72f97e0be97f022f63664861f");
}

TEST(Digest, Sha256OfNothingAndOfMuch) {
  EXPECT_EQ(hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, Md5PrefixOfTheProtocolsWorkedCardinalIds) {
  EXPECT_EQ(md5_prefix("1"), 0xc4ca4238a0b92382U);
  EXPECT_EQ(md5_prefix("2"), 0xc81e728d9d4c2f63U);
  EXPECT_EQ(md5_prefix("3"), 0xeccbc87e4b5ce2feU);
  EXPECT_EQ(md5_prefix("4"), 0xa87ff679a2f3e71dU);
  EXPECT_EQ(md5_prefix("123"), 0x202cb962ac59075bU);
  EXPECT_EQ(md5_prefix("456"), 0x250cf8b51c773f3fU);
  EXPECT_EQ(md5_prefix("abc"), 0x900150983cd24fb0U);
  EXPECT_EQ(md5_prefix("profile-9"), 0x7a44e3d5e6f4e85cU);
  EXPECT_EQ(md5_prefix("7"), 0x8f14e45fceea167aU);
  EXPECT_EQ(md5_prefix("550e8400-e29b-41d4-a716-446655440000"), 0xe8456cee7fd2348cU);
  EXPECT_EQ(md5_prefix("été"), 0xdeaf6a1e9612a4d8U);
  EXPECT_EQ(md5_prefix(""), 0xd41d8cd98f00b204U);
}

TEST(Digest, ConstantTimeComparisonComparesEveryByte) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("xbc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_constant_time("", "a"));
  // It compares by words: a difference anywhere, also in a last word that is not full.
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string text(size, 'x');
    EXPECT_TRUE(equal_constant_time(text, std::string(size, 'x')));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = static_cast<char>(other[at] ^ 0x80);
      EXPECT_FALSE(equal_constant_time(text, other)) << size << " " << at;
    }
  }
}

TEST(Digest, RandomHexIsLowerCaseAndNeverTheSame) {
  const auto first = random_hex_32_bytes();
  EXPECT_NE(first, random_hex_32_bytes());
  for (const char c : first) {
    EXPECT_TRUE((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) << c;
  }
}

}  // namespace
}  // namespace eventodb::base
