#include "rpc/invocation.hpp"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "rpc/method_table.hpp"
#include "rpc/namespace_id.hpp"

namespace eventodb::rpc {
namespace {

constexpr std::string_view kAutomaticDescription = "Created automatically in test mode";

Error unknown_method(std::string_view name) {
  constexpr std::size_t kShownBytesMax = 64;
  if (name.size() > kShownBytesMax) return {ErrorCode::kMethodNotFound, "Unknown method", {}};
  return {ErrorCode::kMethodNotFound, "Unknown method '" + std::string(name) + "'", {}};
}

Error too_few_arguments(const Method& method) {
  return invalid_request(std::string(method.name) + " needs at least " +
                         std::to_string(method.arity) +
                         (method.arity == 1 ? " argument" : " arguments"));
}

/// Test mode: makes the namespace of a token that names none yet. Of two first writes one loses
/// the race and uses the other's.
Awaitable<Result<void>> create_on_the_fly(Call& call) {
  const std::string& id = call.access.namespace_id;
  auto checked = check_namespace_id(id);
  if (!checked) co_return checked;
  NewNamespace wanted;
  wanted.id = id;
  wanted.description = kAutomaticDescription;
  wanted.token_hash = call.access.presented_hash;
  auto made = co_await call.store.create_namespace(wanted);
  if (!made && made.error().code == ErrorCode::kNamespaceExists) {
    made = co_await call.store.find_namespace(id);
  }
  if (!made) co_return std::move(made).error();
  call.created = std::move(*made);
  call.ns = call.created.get();
  co_return Result<void>();
}

Awaitable<Result<void>> invoke_without_namespace(Call& call, Invocation invocation) {
  if ((invocation.method->flags & kCreatesNamespace) != 0 && call.facts.test_mode) {
    auto opened = co_await create_on_the_fly(call);
    if (!opened) co_return opened;
  }
  if (call.ns == nullptr) {
    co_return Error{ErrorCode::kNamespaceNotFound,
                    "There is no namespace '" + call.access.namespace_id + "'",
                    {}};
  }
  co_return co_await invocation.method->handler.run(call, invocation.arguments);
}

}  // namespace

Result<Invocation> prepare(std::string_view method_name, Arguments& arguments,
                           const auth::Access& access) {
  const Method* method = find_method(method_name);
  if (method == nullptr) return unknown_method(method_name);
  const Arguments all = arguments;
  auto decoded = method->handler.decode(arguments);
  if (!decoded) {
    // The number of arguments is checked first, but counting them is needed on failure only.
    if (all.count_rest() < method->arity) return too_few_arguments(*method);
    return std::move(decoded).error();
  }
  if ((method->flags & kAdministrator) != 0 && !access.administrator) {
    return Error{ErrorCode::kAuthUnauthorized, "Only a token of 'default' may do this",
                 RefusedNamespace{access.namespace_id}};
  }
  return Invocation{method, *decoded};
}

Awaitable<Result<void>> invoke(Call& call, Invocation invocation) {
  if (call.ns == nullptr && (invocation.method->flags & kNeedsNamespace) != 0) {
    return invoke_without_namespace(call, invocation);
  }
  return invocation.method->handler.run(call, invocation.arguments);
}

Error internal_error(const std::exception& exception) {
  spdlog::error("a call failed: {}", exception.what());
  return {ErrorCode::kInternalError, "Internal error", {}};
}

}  // namespace eventodb::rpc
