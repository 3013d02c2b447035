#include "rpc/automatic_namespace.hpp"

#include <string_view>
#include <utility>

#include "rpc/namespace_id.hpp"

namespace eventodb::rpc {
namespace {

constexpr std::string_view kAutomaticDescription = "Created automatically in test mode";

}  // namespace

Awaitable<Result<NamespaceHandle>> create_automatically(Store& store, const auth::Access& access) {
  auto checked = check_namespace_id(access.namespace_id);
  if (!checked) co_return std::move(checked).error();
  NewNamespace wanted;
  wanted.id = access.namespace_id;
  wanted.description = kAutomaticDescription;
  wanted.token_hash = access.presented_hash;
  auto made = co_await store.create_namespace(wanted);
  if (!made && made.error().code == ErrorCode::kNamespaceExists) {
    made = co_await store.find_namespace(access.namespace_id);
  }
  if (made && *made == nullptr) {  // and deleted it again
    co_return Error{ErrorCode::kNamespaceNotFound, "The namespace was deleted", {}};
  }
  co_return made;
}

}  // namespace eventodb::rpc
