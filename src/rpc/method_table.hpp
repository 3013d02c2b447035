#pragma once

#include <span>
#include <string_view>

#include "rpc/method.hpp"

namespace eventodb::rpc {

/// Every method of the server.
std::span<const Method> all_methods();

/// The method with exactly this name, or nullptr.
const Method* find_method(std::string_view name);

}  // namespace eventodb::rpc
