#include "auth/authenticator.hpp"

#include <gtest/gtest.h>

#include "auth/access_cache.hpp"
#include "auth/token.hpp"
#include "fake_registry.hpp"
#include "support/await.hpp"

namespace eventodb::auth {
namespace {

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    registry_.add("default", hash_token(default_token_));
    registry_.add("tenant", hash_token(tenant_token_));
  }

  Result<Access> authenticate(std::string_view query, std::string_view header, bool test_mode) {
    const Authenticator authenticator(registry_, test_mode);
    return test::await(authenticator.authenticate({query, header}));
  }
  Result<Access> in_auth_mode(std::string_view query, std::string_view header) {
    return authenticate(query, header, false);
  }
  Result<Access> in_test_mode(std::string_view query, std::string_view header) {
    return authenticate(query, header, true);
  }
  ErrorCode refused(std::string_view query, std::string_view header) {
    return in_auth_mode(query, header).error().code;
  }

  test::FakeRegistry registry_;
  const std::string default_token_ = generate_token("default");
  const std::string tenant_token_ = generate_token("tenant");
};

TEST_F(AuthenticatorTest, AValidTokenRunsInItsNamespace) {
  const auto access = in_auth_mode("", "Bearer " + tenant_token_).value();
  EXPECT_EQ(access.ns->id(), "tenant");
  EXPECT_EQ(access.namespace_id, "tenant");
  EXPECT_FALSE(access.administrator);
  EXPECT_TRUE(in_auth_mode("", "Bearer " + default_token_).value().administrator);
}

TEST_F(AuthenticatorTest, CredentialsAreRequired) {
  EXPECT_EQ(refused("", ""), ErrorCode::kAuthRequired);
  EXPECT_EQ(refused("", tenant_token_), ErrorCode::kAuthRequired);
  EXPECT_EQ(refused("", "Basic abc"), ErrorCode::kAuthRequired);
  EXPECT_EQ(refused("", "bearer " + tenant_token_), ErrorCode::kAuthRequired);
  EXPECT_EQ(refused("", "Bearer"), ErrorCode::kAuthRequired);
  EXPECT_EQ(refused("", "Bearer "), ErrorCode::kAuthRequired);
}

TEST_F(AuthenticatorTest, TheTokenIsNotTrimmed) {
  EXPECT_EQ(refused("", "Bearer  " + tenant_token_), ErrorCode::kAuthInvalidToken);
  EXPECT_EQ(refused("", "Bearer " + tenant_token_ + " "), ErrorCode::kAuthInvalidToken);
}

TEST_F(AuthenticatorTest, TheQueryTokenWinsEvenIfItIsInvalid) {
  const std::string header = "Bearer " + default_token_;
  EXPECT_EQ(in_auth_mode(tenant_token_, header).value().namespace_id, "tenant");
  EXPECT_EQ(refused("nonsense", header), ErrorCode::kAuthInvalidToken);
  EXPECT_EQ(in_auth_mode("", header).value().namespace_id, "default");
}

TEST_F(AuthenticatorTest, UnknownNamespaceAndWrongSecretAnswerAlike) {
  const Error unknown = in_auth_mode(generate_token("nobody"), "").error();
  const Error wrong = in_auth_mode(generate_token("tenant"), "").error();
  EXPECT_EQ(unknown.code, ErrorCode::kAuthUnauthorized);
  EXPECT_EQ(wrong.code, ErrorCode::kAuthUnauthorized);
  EXPECT_EQ(unknown.message, wrong.message);
  EXPECT_EQ(std::get<RefusedNamespace>(unknown.details).id, "nobody");
  EXPECT_EQ(std::get<RefusedNamespace>(wrong.details).id, "tenant");
}

TEST_F(AuthenticatorTest, ABrokenRegistryIsNoRefusal) {
  registry_.broken = true;
  EXPECT_EQ(refused(tenant_token_, ""), ErrorCode::kBackendError);
  EXPECT_EQ(in_test_mode("", "").error().code, ErrorCode::kBackendError);
}

TEST_F(AuthenticatorTest, TestModeTakesAnyoneForAnAdministrator) {
  for (const std::string header : {"", "Basic x", "Bearer ", "Bearer nonsense"}) {
    const auto access = in_test_mode("", header).value();
    EXPECT_EQ(access.ns->id(), "default") << header;
    EXPECT_TRUE(access.administrator) << header;
  }
}

TEST_F(AuthenticatorTest, TestModeDoesNotCompareHashes) {
  const auto access = in_test_mode("", "Bearer " + generate_token("tenant")).value();
  EXPECT_EQ(access.ns->id(), "tenant");
  EXPECT_FALSE(access.token_compared);
}

TEST_F(AuthenticatorTest, TestModeLetsANamespaceBeCreatedLater) {
  const std::string token = generate_token("new");
  const auto access = in_test_mode(token, "").value();
  EXPECT_EQ(access.ns, nullptr);
  EXPECT_EQ(access.namespace_id, "new");
  EXPECT_EQ(access.presented_hash, hash_token(token));
}

TEST_F(AuthenticatorTest, TestModeDoesNotFallBackFromABadQueryToken) {
  const auto access = in_test_mode("nonsense", "Bearer " + tenant_token_).value();
  EXPECT_EQ(access.namespace_id, "default");
}

class AccessCacheTest : public AuthenticatorTest {
 protected:
  const Access* remember(const Credentials& credentials, bool test_mode = false) {
    return &cache_.remember(
        credentials,
        authenticate(credentials.query_token, credentials.authorization, test_mode).value());
  }

  AccessCache cache_;
  const std::string header_ = "Bearer " + tenant_token_;
};

TEST_F(AccessCacheTest, FindsTheSameCredentialsOnly) {
  EXPECT_EQ(cache_.find({"", header_}), nullptr);
  EXPECT_EQ(cache_.find({"", ""}), nullptr);
  const Access* remembered = remember({"", header_});
  EXPECT_EQ(cache_.find({"", header_}), remembered);
  EXPECT_EQ(cache_.find({"", header_ + " "}), nullptr);
  EXPECT_EQ(cache_.find({tenant_token_, header_}), nullptr);
  EXPECT_EQ(cache_.find({"", ""}), nullptr);
}

TEST_F(AccessCacheTest, EndsWithTheNamespace) {
  remember({"", header_});
  registry_.namespaces.find("tenant")->second->mark_deleted();
  EXPECT_EQ(cache_.find({"", header_}), nullptr);
}

TEST_F(AccessCacheTest, EndsWhenTheTokenIsRotated) {
  remember({"", header_});
  registry_.namespaces.find("tenant")->second->set_hash(hash_token(generate_token("tenant")));
  EXPECT_EQ(cache_.find({"", header_}), nullptr);
}

TEST_F(AccessCacheTest, InTestModeNoHashCounts) {
  const std::string other = "Bearer " + generate_token("tenant");
  EXPECT_NE(remember({"", other}, true), nullptr);
  EXPECT_NE(cache_.find({"", other}), nullptr);
  remember({"", ""}, true);
  EXPECT_NE(cache_.find({"", ""}), nullptr);
}

TEST_F(AccessCacheTest, ANamespaceYetToBeCreatedIsLookedUpAgain) {
  const std::string token = generate_token("new");
  remember({token, ""}, true);
  EXPECT_EQ(cache_.find({token, ""}), nullptr);
}

}  // namespace
}  // namespace eventodb::auth
