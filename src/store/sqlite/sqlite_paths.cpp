#include "store/sqlite/sqlite_paths.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/digest.hpp"

namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadableNameBytes = 40;

Error path_error(const std::string& path, std::string_view what, int error) {
  std::string text = path;
  text.append(": ").append(what).append(": ").append(std::strerror(error));
  return {ErrorCode::kBackendError, std::move(text), {}};
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

LogId make_log_id() {
  const auto hex = base::random_hex_32_bytes();
  const auto value = [&hex](std::size_t at) {
    const char c = hex[at];
    return c <= '9' ? c - '0' : c - 'a' + 10;
  };
  LogId id;
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<char>(value(2 * i) * 16 + value(2 * i + 1));
  }
  return id;
}

Result<StoreFiles> locate_store(std::string_view db_url, std::string_view data_dir) {
  constexpr std::string_view kScheme = "sqlite://";
  std::string_view name = db_url;
  if (name.starts_with(kScheme)) name.remove_prefix(kScheme.size());
  while (name.starts_with('/')) name.remove_prefix(1);  // an absolute path stays below data_dir
  if (name.empty()) name = "metadata.db";
  const fs::path relative(name);
  const bool leaves = std::any_of(relative.begin(), relative.end(),
                                  [](const fs::path& part) { return part == ".."; });
  if (leaves || !relative.has_filename() || relative.filename() == "." ||
      name.find('\0') != std::string_view::npos) {
    return Error{ErrorCode::kInvalidRequest,
                 "the database URL does not name a file below the data directory",
                 {}};
  }
  std::error_code error;
  const fs::path base = fs::absolute(fs::path(data_dir.empty() ? "./data" : data_dir), error);
  if (error) return path_error(std::string(data_dir), "resolve", error.value());
  StoreFiles files;
  files.data_dir = base.lexically_normal().string();
  while (files.data_dir.size() > 1 && files.data_dir.ends_with('/')) files.data_dir.pop_back();
  files.registry = (base / relative).lexically_normal().string();
  // The whole file name, not its stem: "a" and "a.db" must not share a directory.
  files.namespaces = files.registry + ".namespaces";
  return files;
}

std::string directory_name(std::int64_t serial, std::string_view namespace_id) {
  std::string name = std::to_string(serial) + "-";
  for (const char c : namespace_id.substr(0, kReadableNameBytes)) {
    name.push_back(is_plain(c) ? c : '_');
  }
  return name;
}

Result<void> make_directories(const std::string& path) {
  const fs::path wanted(path);
  if (mkdir(path.c_str(), 0700) == 0) return sync_directory(wanted.parent_path().string());
  if (errno == EEXIST) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return path_error(path, "is not a directory", ENOTDIR);
  }
  if (errno != ENOENT || !wanted.has_parent_path() || wanted.parent_path() == wanted) {
    return path_error(path, "make the directory", errno);
  }
  if (auto made = make_directories(wanted.parent_path().string()); !made) return made;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return path_error(path, "make the directory", errno);
  }
  return sync_directory(wanted.parent_path().string());
}

Result<bool> make_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) return false;
    return path_error(path, "create", errno);
  }
  ::close(descriptor);
  return true;
}

Result<void> sync_directory(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return path_error(path, "open", errno);
  const int failed = fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0 && failed != EINVAL) return path_error(path, "sync", failed);
  return {};
}

Result<void> rename_durably(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return path_error(from, "rename", errno);
  return sync_directory(fs::path(to).parent_path().string());
}

bool exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

Result<void> remove_directory(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return path_error(path, "remove", error.value());
  return {};
}

Result<void> remove_database(const std::string& path) {
  // The WAL first: a WAL that outlived its database would be taken for the next one's.
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) {
    const std::string file = path + suffix;
    if (unlink(file.c_str()) != 0 && errno != ENOENT) return path_error(file, "remove", errno);
  }
  return {};
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) return path_error(path, "list", error.value());
  return names;
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<DirectoryLock> DirectoryLock::acquire(const std::string& directory) {
  const std::string path = directory + "/eventodb.lock";
  DirectoryLock lock;
  lock.descriptor_ = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock.descriptor_ < 0) return path_error(path, "open", errno);
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return path_error(path, "lock", errno);
    return Error{ErrorCode::kBackendError,
                 directory + ": is in use by another eventodb process (eventodb.lock is held)",
                 {}};
  }
  return lock;
}

Result<StoreLocks> lock_store(const StoreFiles& files) {
  StoreLocks locks;
  auto data_dir = DirectoryLock::acquire(files.data_dir);
  if (!data_dir) return data_dir.error();
  locks.data_dir = std::move(*data_dir);
  const std::string registry = fs::path(files.registry).parent_path().string();
  if (registry != files.data_dir) {
    auto second = DirectoryLock::acquire(registry);
    if (!second) return second.error();
    locks.registry = std::move(*second);
  }
  return locks;
}

}  // namespace eventodb::store::sqlite
