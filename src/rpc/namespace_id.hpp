#pragma once

#include <string_view>

#include "eventodb/error.hpp"

namespace eventodb::rpc {

/// Whether a new namespace may have this id: 1 to limits::kNamespaceIdBytesMax bytes of UTF-8
/// without control characters. Fails with kInvalidRequest. REQUIRES: UTF-8.
Result<void> check_namespace_id(std::string_view id);

}  // namespace eventodb::rpc
