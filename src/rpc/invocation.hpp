#pragma once

#include <exception>
#include <string_view>

#include "rpc/method.hpp"

namespace eventodb::rpc {

/// A call that may run: its method exists, its arguments are decoded, its token is allowed to.
struct Invocation {
  const Method* method = nullptr;
  const void* arguments = nullptr;  ///< what the method's decoder left in the arena
};

/// Finds the method and decodes its arguments, in the order of protocol 1.4 and 2.8. Fails with
/// kMethodNotFound, kInvalidRequest, kAuthUnauthorized.
Result<Invocation> prepare(std::string_view method_name, Arguments& arguments,
                           const auth::Access& access);

/// Provides the namespace the method's flags ask for and runs it.
Awaitable<Result<void>> invoke(Call& call, Invocation invocation);

/// What the client hears of an exception (memory, the random source); the log hears more.
Error internal_error(const std::exception& exception);

}  // namespace eventodb::rpc
