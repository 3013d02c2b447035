#pragma once

#include <memory>

#include "eventodb/store.hpp"

namespace eventodb::store {

/// A store that keeps everything in memory and loses it at the end: test mode. Each call runs to
/// its end on the calling thread, under a lock of its namespace.
std::unique_ptr<Store> make_memory_store();

}  // namespace eventodb::store
