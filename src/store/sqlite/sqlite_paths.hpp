#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventodb/error.hpp"

/// Files and directories of a data directory: safe names, private modes, durable creation. Every
/// failure is a text for the operator that names the path.
namespace eventodb::store::sqlite {

/// What binds a namespace's files to each other and to its registry row.
using LogId = std::array<char, 16>;

inline std::string_view view(const LogId& id) {
  return {id.data(), id.size()};
}
LogId make_log_id();

/// Where the registry and the namespaces lie.
struct StoreFiles {
  std::string data_dir;    ///< absolute
  std::string registry;    ///< absolute path of the registry file
  std::string namespaces;  ///< absolute path of the directory of the namespaces' directories
};

/// From a db-url of protocol 5.3 ("" or "sqlite://..."). Fails when the path would leave data_dir.
Result<StoreFiles> locate_store(std::string_view db_url, std::string_view data_dir);

/// A directory name that is unique by `serial` and tells people which namespace it is.
std::string directory_name(std::int64_t serial, std::string_view namespace_id);

/// Makes the directory and its parents, 0700 each, and syncs what it made.
Result<void> make_directories(const std::string& path);
/// Makes an empty file, 0600; true when it was not there before.
Result<bool> make_file(const std::string& path);
Result<void> sync_directory(const std::string& path);
Result<void> rename_durably(const std::string& from, const std::string& to);
bool exists(const std::string& path);
/// Removes a directory with everything in it; nothing there is fine.
Result<void> remove_directory(const std::string& path);
/// Removes a database file with its WAL and shared memory.
Result<void> remove_database(const std::string& path);
Result<std::vector<std::string>> list_directory(const std::string& path);

/// Holds `<directory>/eventodb.lock` until destroyed; the system releases it when the process ends.
class DirectoryLock {
 public:
  DirectoryLock() = default;
  DirectoryLock(DirectoryLock&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  DirectoryLock& operator=(DirectoryLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~DirectoryLock();

  /// Fails at once when another process holds it.
  static Result<DirectoryLock> acquire(const std::string& directory);

 private:
  int descriptor_ = -1;
};

/// The lock of the data directory and, where it is another one, of the registry's directory: so
/// that a registry reached by two paths is locked too.
struct StoreLocks {
  DirectoryLock data_dir;
  DirectoryLock registry;
};
/// REQUIRES: the directories exist.
Result<StoreLocks> lock_store(const StoreFiles& files);

}  // namespace eventodb::store::sqlite
