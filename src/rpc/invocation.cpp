#include "rpc/invocation.hpp"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "base/logging.hpp"
#include "core/refusals.hpp"
#include "rpc/automatic_namespace.hpp"
#include "rpc/method_table.hpp"

namespace eventodb::rpc {
namespace {

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

Awaitable<Result<void>> invoke_without_namespace(Call& call, Invocation invocation) {
  if ((invocation.method->flags & kCreatesNamespace) != 0 && call.facts.test_mode) {
    auto made = co_await create_automatically(call.store, call.access);
    if (!made) co_return std::move(made).error();
    call.created = std::move(*made);
    call.ns = call.created.get();
  }
  if (call.ns == nullptr) co_return unknown_namespace(call.access.namespace_id);
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
  spdlog::error("a call failed: {}", base::loggable(exception.what()));
  return {ErrorCode::kInternalError, "Internal error", {}};
}

}  // namespace eventodb::rpc
