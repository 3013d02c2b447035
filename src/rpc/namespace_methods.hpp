#pragma once

#include "rpc/method.hpp"

/// Protocol 3.9-3.14.
namespace eventodb::rpc {

extern const Handler kNsCreate;
extern const Handler kNsDelete;
extern const Handler kNsList;
extern const Handler kNsInfo;
extern const Handler kNsStreams;
extern const Handler kNsCategories;

}  // namespace eventodb::rpc
