#include "auth/default_namespace.hpp"

#include <gtest/gtest.h>

#include "auth/token.hpp"
#include "fake_registry.hpp"
#include "support/await.hpp"

namespace eventodb::auth {
namespace {

using Change = BootstrapOutcome::Change;

class DefaultNamespaceTest : public testing::Test {
 protected:
  Result<BootstrapOutcome> ensure(std::optional<std::string_view> token, bool test_mode = false) {
    return test::await(ensure_default_namespace(registry_, token, test_mode));
  }
  TokenHash stored_hash() { return registry_.namespaces.find("default")->second->token_hash(); }

  test::FakeRegistry registry_;
  const std::string supplied_ = generate_token("default");
};

TEST_F(DefaultNamespaceTest, IsCreatedWithARandomToken) {
  const auto outcome = ensure(std::nullopt).value();
  EXPECT_EQ(outcome.change, Change::kCreated);
  ASSERT_TRUE(outcome.token_to_print);
  EXPECT_EQ(parse_token(*outcome.token_to_print).value(), "default");
  EXPECT_NE(*outcome.token_to_print, deterministic_test_token("default"));
  EXPECT_EQ(stored_hash(), hash_token(*outcome.token_to_print));
  EXPECT_EQ(registry_.namespaces.find("default")->second->description(), "Default namespace");
}

TEST_F(DefaultNamespaceTest, InTestModeWithTheTokenClientsCanCompute) {
  EXPECT_EQ(ensure(std::nullopt, true).value().token_to_print, deterministic_test_token("default"));
}

TEST_F(DefaultNamespaceTest, IsCreatedWithTheSuppliedToken) {
  const auto outcome = ensure(supplied_).value();
  EXPECT_EQ(outcome.change, Change::kCreated);
  EXPECT_EQ(outcome.token_to_print, supplied_);
  EXPECT_EQ(stored_hash(), hash_token(supplied_));
}

TEST_F(DefaultNamespaceTest, KeepsItsTokenWithoutASuppliedOne) {
  ensure(supplied_).value();
  const auto outcome = ensure(std::nullopt).value();
  EXPECT_EQ(outcome.change, Change::kKept);
  EXPECT_FALSE(outcome.token_to_print);
  EXPECT_EQ(stored_hash(), hash_token(supplied_));
}

TEST_F(DefaultNamespaceTest, KeepsItsTokenWhenTheSameIsSupplied) {
  ensure(supplied_).value();
  const auto outcome = ensure(supplied_).value();
  EXPECT_EQ(outcome.change, Change::kKept);
  EXPECT_FALSE(outcome.token_to_print);
}

TEST_F(DefaultNamespaceTest, AnotherSuppliedTokenReplacesIt) {
  ensure(supplied_).value();
  const std::string other = generate_token("default");
  const auto outcome = ensure(other).value();
  EXPECT_EQ(outcome.change, Change::kRotated);
  EXPECT_EQ(outcome.token_to_print, other);
  EXPECT_EQ(stored_hash(), hash_token(other));
}

TEST_F(DefaultNamespaceTest, RefusesATokenThatIsNotOne) {
  EXPECT_EQ(ensure("nonsense").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(ensure("").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(ensure(generate_token("tenant")).error().code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(registry_.namespaces.empty());
}

TEST_F(DefaultNamespaceTest, PassesOnThatTheRegistryFailed) {
  registry_.broken = true;
  EXPECT_EQ(ensure(std::nullopt).error().code, ErrorCode::kBackendError);
}

}  // namespace
}  // namespace eventodb::auth
