#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "eventodb/store.hpp"
#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_paths.hpp"

namespace eventodb::store::sqlite {

/// One row of the registry.
struct RegistryRow {
  std::int64_t serial = 0;
  std::string id;
  std::string directory;  ///< name below the store's namespaces directory
  LogId log_id{};
  std::string description;
  TokenHash token_hash{};
  Timestamp created_at;
  std::int64_t message_count = 0;
  bool is_clean = false;  ///< message_count is exact; false: the log must be asked
};

/// The registry file: which namespaces exist. Every change is synced before it returns, whatever
/// the store's durability. Thread-safe; blocks, so not for I/O threads.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Opens or makes the file. Fails with a text that names it.
  DbResult<void> open(const std::string& path);
  DbResult<std::vector<RegistryRow>> rows();

  DbResult<std::int64_t> next_serial();
  DbResult<void> insert(const RegistryRow& row, std::string_view metadata);
  /// Removes the row and, in the same commit, notes its directory as a leftover.
  DbResult<void> remove(const RegistryRow& row);
  DbResult<void> set_token_hash(std::int64_t serial, const TokenHash& hash);
  DbResult<void> set_count(std::int64_t serial, std::int64_t message_count, bool is_clean);

  /// Directories of deleted namespaces that may still have to be removed.
  DbResult<std::vector<std::string>> leftovers();
  DbResult<void> forget_leftover(const std::string& directory);

  void close();

 private:
  DbResult<void> finish(Code code, std::string_view doing);

  std::mutex mutex_;
  Database database_;
};

}  // namespace eventodb::store::sqlite
