#pragma once

#include "rpc/method.hpp"

/// Protocol 3.15.
namespace eventodb::rpc {

extern const Handler kSysVersion;
extern const Handler kSysHealth;

}  // namespace eventodb::rpc
