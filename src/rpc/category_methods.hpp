#pragma once

#include "rpc/method.hpp"

/// Protocol 3.6-3.8.
namespace eventodb::rpc {

extern const Handler kCategoryGet;

}  // namespace eventodb::rpc
