#include "contract/backends.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "store/memory/memory_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace eventodb::contract {
namespace {

std::unique_ptr<Store> open_sqlite(const std::filesystem::path& directory, Durability durability) {
  auto opened = store::sqlite::SqliteStore::open(
      {.db_url = "",
       .data_dir = directory.string(),
       .durability = durability,
       .slow_sync = {}});  // commits beside each other's syncs, however fast the disk
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

}  // namespace

const std::vector<Backend>& backends() {
  static const std::vector<Backend> all = {
      {.name = "memory",
       .is_persistent = false,
       .open = [](const std::filesystem::path&) { return store::make_memory_store(); }},
      {.name = "sqlite_disk",
       .is_persistent = true,
       .open = [](const std::filesystem::path& at) { return open_sqlite(at, Durability::kDisk); }},
      {.name = "sqlite_os",
       .is_persistent = true,
       .open = [](const std::filesystem::path& at) { return open_sqlite(at, Durability::kOs); }},
  };
  return all;
}

std::vector<Backend> persistent_backends() {
  std::vector<Backend> kept;
  std::copy_if(backends().begin(), backends().end(), std::back_inserter(kept),
               [](const Backend& backend) { return backend.is_persistent; });
  return kept;
}

}  // namespace eventodb::contract
