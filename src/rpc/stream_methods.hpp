#pragma once

#include "rpc/method.hpp"

/// Protocol 3.2-3.5.
namespace eventodb::rpc {

extern const Handler kStreamWrite;
extern const Handler kStreamGet;
extern const Handler kStreamLast;
extern const Handler kStreamVersion;

}  // namespace eventodb::rpc
