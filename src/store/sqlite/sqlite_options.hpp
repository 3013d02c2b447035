#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "eventodb/config.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::store::sqlite {

/// How the files of one namespace are written.
struct FileOptions {
  Durability durability = Durability::kDisk;
  int checkpoint_pages = limits::kCheckpointPages;
};

/// What a store is opened with. The bounds differ from limits.hpp in tests only.
struct StoreOptions {
  std::string db_url = {};  ///< "" or "sqlite://..."
  std::string data_dir = {};
  Durability durability = Durability::kDisk;
  std::size_t open_namespaces_max = limits::kOpenNamespacesMax;
  int checkpoint_pages = limits::kCheckpointPages;
  std::chrono::milliseconds index_delay = limits::kIndexDelay;
};

}  // namespace eventodb::store::sqlite
