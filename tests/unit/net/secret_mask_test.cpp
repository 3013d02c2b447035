#include "net/secret_mask.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventodb::net {
namespace {

using Arguments = std::vector<std::string>;

const std::string kToken = "ns_ZGVmYXVsdA_" + std::string(64, '0');

TEST(SecretMask, HidesTheValueOfTokenFlags) {
  EXPECT_EQ(mask_secrets({"eventodb", "--token", "x", "--port", "1"}),
            (Arguments{"eventodb", "--token", "***", "--port", "1"}));
  EXPECT_EQ(mask_secrets({"-token", "x"}), (Arguments{"-token", "***"}));
  EXPECT_EQ(mask_secrets({"--token=x"}), (Arguments{"--token=***"}));
  EXPECT_EQ(mask_secrets({"-token=x"}), (Arguments{"-token=***"}));
}

TEST(SecretMask, HidesTokensWhereverTheyStand) {
  EXPECT_EQ(mask_secrets({"a" + kToken + ",b", kToken}), (Arguments{"a***,b", "***"}));
  EXPECT_EQ(mask_secrets({"ns_short"}), (Arguments{"ns_short"}));
}

TEST(SecretMask, HidesPasswordsInUrls) {
  EXPECT_EQ(mask_secrets({"--db-url", "postgres://user:secret@host:5432/db"}),
            (Arguments{"--db-url", "postgres://user:***@host:5432/db"}));
  EXPECT_EQ(mask_secrets({"--db-url=postgres://user:se@cr:et@host/db?x=1"}),
            (Arguments{"--db-url=postgres://user:***@host/db?x=1"}));
  EXPECT_EQ(mask_secrets({"postgres://host/db?password=a&sslmode=b"}),
            (Arguments{"postgres://host/db?password=***&sslmode=b"}));
  EXPECT_EQ(mask_secrets({"host=a password=b user=c"}), (Arguments{"host=a password=*** user=c"}));
}

TEST(SecretMask, LeavesTheRestAlone) {
  const Arguments plain{
      "eventodb",          "serve",       "--db-url", "postgres://user@host:5432/db", "-v",
      "sqlite://:memory:", "http://a:1/b"};
  EXPECT_EQ(mask_secrets(plain), plain);
  EXPECT_EQ(mask_secrets({"--token"}), (Arguments{"--token"}));
}

}  // namespace
}  // namespace eventodb::net
