#include "auth/authenticator.hpp"

#include <optional>
#include <string>
#include <utility>

#include "auth/default_namespace.hpp"
#include "auth/token.hpp"
#include "base/digest.hpp"

namespace eventodb::auth {
namespace {

constexpr std::string_view kScheme = "Bearer ";

/// The query's token wins over the header even if it is invalid. "" when there is none.
std::string_view presented_token(const Credentials& credentials) {
  if (!credentials.query_token.empty()) return credentials.query_token;
  if (!credentials.authorization.starts_with(kScheme)) return {};
  return credentials.authorization.substr(kScheme.size());
}

/// Compared with when the namespace is unknown, so that both refusals do the same work. No token
/// hashes to it, because a stored hash is lower-case hex.
constexpr TokenHash kHashOfNoToken{};

bool equal(const TokenHash& a, const TokenHash& b) {
  return base::equal_constant_time({a.data(), a.size()}, {b.data(), b.size()});
}

}  // namespace

Awaitable<Result<Access>> Authenticator::authenticate(Credentials credentials) const {
  const std::string_view token = presented_token(credentials);
  if (test_mode_) co_return co_await admit_to_test_mode(token);
  if (token.empty()) {
    co_return Error{ErrorCode::kAuthRequired,
                    "A token is needed: send 'Authorization: Bearer <token>' or ?token=<token>",
                    {}};
  }
  co_return co_await compare(token);
}

Awaitable<Result<Access>> Authenticator::compare(std::string_view token) const {
  Access access;
  {
    auto id = parse_token(token);
    if (!id) co_return std::move(id).error();
    access.namespace_id = std::move(*id);
  }
  access.presented_hash = hash_token(token);
  auto found = co_await store_.find_namespace(access.namespace_id);
  if (!found) co_return std::move(found).error();
  access.ns = std::move(*found);
  const TokenHash wanted = access.ns ? access.ns->token_hash() : kHashOfNoToken;
  const bool matches = equal(access.presented_hash, wanted);
  if (!matches || !access.ns) {
    co_return Error{ErrorCode::kAuthUnauthorized, "The token is not valid for its namespace",
                    RefusedNamespace{std::move(access.namespace_id)}};
  }
  access.token_compared = true;
  access.administrator = access.namespace_id == kDefaultNamespaceId;
  co_return access;
}

Awaitable<Result<Access>> Authenticator::admit_to_test_mode(std::string_view token) const {
  Access access;
  access.administrator = true;
  if (auto id = parse_token(token)) {
    access.namespace_id = std::move(*id);
    access.presented_hash = hash_token(token);
  } else {
    access.namespace_id = kDefaultNamespaceId;
  }
  auto found = co_await store_.find_namespace(access.namespace_id);
  if (!found) co_return std::move(found).error();
  access.ns = std::move(*found);
  co_return access;
}

}  // namespace eventodb::auth
