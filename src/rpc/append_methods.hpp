#pragma once

#include "rpc/method.hpp"

/// Many messages in one call (docs/append.md).
namespace eventodb::rpc {

extern const Handler kStreamAppend;
extern const Handler kStreamsAppend;

}  // namespace eventodb::rpc
