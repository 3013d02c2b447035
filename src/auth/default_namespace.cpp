#include "auth/default_namespace.hpp"

#include <utility>

#include "auth/token.hpp"
#include "base/digest.hpp"

namespace eventodb::auth {
namespace {

constexpr std::string_view kDescription = "Default namespace";

Result<void> check_supplied(std::string_view token) {
  auto id = parse_token(token);
  if (!id) {
    const Error why = std::move(id).error();
    const auto* problem = std::get_if<ParseProblem>(&why.details);
    return Error{ErrorCode::kInvalidRequest,
                 "The supplied token is not valid: " + (problem ? problem->text : why.message),
                 {}};
  }
  if (*id != kDefaultNamespaceId) {
    return Error{
        ErrorCode::kInvalidRequest, "The supplied token is not one of the namespace 'default'", {}};
  }
  return {};
}

Awaitable<Result<BootstrapOutcome>> create(Store& store, std::string token) {
  NewNamespace wanted;
  wanted.id = kDefaultNamespaceId;
  wanted.description = kDescription;
  wanted.token_hash = hash_token(token);
  auto created = co_await store.create_namespace(wanted);
  if (!created) co_return std::move(created).error();
  co_return BootstrapOutcome{BootstrapOutcome::Change::kCreated, std::move(token)};
}

/// The namespace exists: the supplied token replaces another one.
Awaitable<Result<BootstrapOutcome>> rotate_if_different(Store& store, const Namespace& ns,
                                                        std::string token) {
  const TokenHash old_hash = ns.token_hash();
  const TokenHash new_hash = hash_token(token);
  if (base::equal_constant_time({old_hash.data(), old_hash.size()},
                                {new_hash.data(), new_hash.size()})) {
    co_return BootstrapOutcome{};
  }
  auto stored = co_await store.set_token_hash(kDefaultNamespaceId, new_hash);
  if (!stored) co_return std::move(stored).error();
  co_return BootstrapOutcome{BootstrapOutcome::Change::kRotated, std::move(token)};
}

std::string first_token(bool test_mode) {
  return test_mode ? deterministic_test_token(kDefaultNamespaceId)
                   : generate_token(kDefaultNamespaceId);
}

}  // namespace

Awaitable<Result<BootstrapOutcome>> ensure_default_namespace(
    Store& store, std::optional<std::string_view> supplied_token, bool test_mode) {
  if (supplied_token) {
    auto checked = check_supplied(*supplied_token);
    if (!checked) co_return std::move(checked).error();
  }
  auto found = co_await store.find_namespace(kDefaultNamespaceId);
  if (!found) co_return std::move(found).error();
  const NamespaceHandle ns = std::move(*found);
  std::string token(supplied_token.value_or(""));
  if (!ns) {
    if (!supplied_token) token = first_token(test_mode);
    co_return co_await create(store, std::move(token));
  }
  if (!supplied_token) co_return BootstrapOutcome{};
  co_return co_await rotate_if_different(store, *ns, std::move(token));
}

}  // namespace eventodb::auth
