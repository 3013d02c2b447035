#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <string>

#include "store/sqlite/sqlite_connection.hpp"

namespace eventodb::store::sqlite {

/// Syncs the WAL of a connection that does not do so itself (`synchronous=NORMAL`), from another
/// thread than the one that writes it. It has the file open once more: the system tells every
/// opening of a write that failed, but each only once, so that a sync over the writer's own opening
/// could miss what a checkpoint was told. One thread at a time.
class WalSync {
 public:
  WalSync() = default;
  ~WalSync();
  WalSync(const WalSync&) = delete;
  WalSync& operator=(const WalSync&) = delete;

  /// Opens the WAL of `database`, over the same file layer. REQUIRES: nobody else uses the
  /// connection; it has read since it is in WAL mode.
  [[nodiscard]] Code open(Database& database);
  /// Blocks until all that was written to the WAL before is on the disk. REQUIRES: it is open.
  [[nodiscard]] Code sync();

 private:
  std::string path_;                   // the file layer keeps a pointer to it
  std::unique_ptr<std::byte[]> file_;  // a sqlite3_file and what the file layer puts behind it
};

}  // namespace eventodb::store::sqlite
