#include "eventodb/stream_name.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace eventodb {
namespace {

TEST(StreamName, PartsAreCutAtTheFirstDashAndTheFirstPlus) {
  EXPECT_EQ(category_of("account-123+456"), "account");
  EXPECT_EQ(id_of("account-123+456"), "123+456");
  EXPECT_EQ(cardinal_id_of("account-123+456"), "123");

  EXPECT_EQ(category_of("account"), "account");
  EXPECT_EQ(id_of("account"), std::nullopt);
  EXPECT_EQ(cardinal_id_of("account"), std::nullopt);

  EXPECT_EQ(category_of("user-profile-7"), "user");
  EXPECT_EQ(cardinal_id_of("user-profile-7"), "profile-7");

  EXPECT_EQ(category_of("account:command-9"), "account:command");
  EXPECT_EQ(category_of("-x"), "");
  EXPECT_EQ(cardinal_id_of("-x"), "x");
  EXPECT_EQ(id_of("account-"), "");
  EXPECT_EQ(cardinal_id_of("account-+x"), "");
  EXPECT_EQ(category_of("a+b-1"), "a+b");
}

struct GroupRow {
  const char* stream;
  std::uint64_t magnitude;
};

// The worked examples of the protocol.
constexpr GroupRow kRows[] = {
    {"account-1", 4266524885998034046u},
    {"account-2", 4026655064267673757u},
    {"account-3", 1383792015730482434u},
    {"account-4", 6305049951010035939u},
    {"account-123", 2318431741638412123u},
    {"account-123+456", 2318431741638412123u},
    {"account-456", 2669782135874207551u},
    {"order-abc", 8070080442485551184u},
    {"account-profile-9", 8810417278885881948u},
    {"account:command-7", 8136627526607169926u},
    {"user-550e8400-e29b-41d4-a716-446655440000", 1709840711914736500u},
    {"cart-\xc3\xa9t\xc3\xa9", 2400583396765817640u},
    {"account-", 3162216497309240828u},
};

TEST(StreamName, GroupHashIsTheMagnitudeOfTheDigest) {
  for (const auto& row : kRows) EXPECT_EQ(group_hash_of(row.stream), row.magnitude) << row.stream;
  EXPECT_EQ(group_hash_of("account"), std::nullopt);
  EXPECT_EQ(group_hash_of("account-+x"), group_hash_of("account-"));
}

TEST(StreamName, MembersOfTheTenDigits) {
  const std::string expected[] = {"1010111011", "1012002211", "1212333231"};
  for (std::int64_t size = 2; size <= 4; ++size) {
    std::string members;
    for (char digit = '0'; digit <= '9'; ++digit) {
      const auto hash = group_hash_of(std::string("x-") + digit);
      for (std::int64_t member = 0; member < size; ++member) {
        if (is_member(hash, {member, size})) members += static_cast<char>('0' + member);
      }
    }
    EXPECT_EQ(members, expected[size - 2]);
  }
}

TEST(StreamName, AStreamWithoutADashBelongsToNoMember) {
  EXPECT_FALSE(is_member(group_hash_of("account"), {0, 1}));
  EXPECT_TRUE(is_member(group_hash_of("account-"), {0, 1}));
}

TEST(StreamName, TheSmallestDigestKeepsItsMagnitude) {
  // Group sizes up to 2^63 - 1 are possible; the magnitude 2^63 must not overflow.
  EXPECT_TRUE(is_member(std::uint64_t{1} << 63, {0, 2}));
  EXPECT_TRUE(is_member(std::uint64_t{1} << 63, {1, std::numeric_limits<std::int64_t>::max()}));
}

}  // namespace
}  // namespace eventodb
