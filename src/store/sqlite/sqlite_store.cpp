#include "store/sqlite/sqlite_store.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <filesystem>

#include "base/logging.hpp"
#include "base/rfc3339.hpp"
#include "core/refusals.hpp"
#include "store/sqlite/sqlite_errors.hpp"
#include "store/sqlite/sqlite_namespace.hpp"

namespace eventodb::store::sqlite {
namespace {

/// The registry and the lock, a namespace that is being made, the spare readers, and what the
/// reader threads have in hand beyond the readers that namespaces keep.
constexpr std::size_t kSharedDescriptors = 48;
/// Half of what the process may open is left to connections.
std::size_t bounded_by_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::size_t fits = limit.rlim_cur / 2 / limits::kDescriptorsPerNamespace;
  return std::min(std::max<std::size_t>(fits, 4), wanted);
}

/// A registry that is gone while its namespaces are there would be made anew, without them.
Result<void> check_registry_is_there(const StoreFiles& files) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(files.registry, missing);
  if (!missing && size > 0) return {};
  if (missing && missing != std::errc::no_such_file_or_directory) {
    return Error{ErrorCode::kBackendError, files.registry + ": " + missing.message(), {}};
  }
  const auto present = list_directory(files.namespaces);
  if (!present) return present.error();
  const bool has_namespaces = std::ranges::any_of(*present, [&](const std::string& name) {
    return !name.ends_with(".new") && exists(files.namespaces + "/" + name + "/log.db");
  });
  if (!has_namespaces) return {};
  return Error{
      ErrorCode::kBackendError,
      files.registry + ": is missing or empty, but " + files.namespaces +
          " holds namespaces; put the file back, or move that directory away to begin anew",
      {}};
}

/// Work on the registrar thread for a coroutine that waits.
template <class T, class Work>
class RegistrarTask final : public base::ThreadHop, public Job {
 public:
  explicit RegistrarTask(Work& work) : work_(work) {}
  void run() noexcept override {
    try {
      result = work_();
    } catch (const std::exception& error) {
      spdlog::error("storage: {}", base::loggable(error.what()));
      result = out_of_memory_error();
    }
    finish();
  }
  Result<T> result = Error{};

 private:
  Work& work_;
};

template <class T, class Work>
Awaitable<Result<T>> on_registrar(WorkerPool& pool, Work work) {
  RegistrarTask<T, Work> task(work);
  co_await task.suspend([&] { pool.push(task); });
  co_return std::move(task.result);
}

}  // namespace

SqliteStore::SqliteStore(const StoreOptions& options)
    : parts_(options, bounded_by_descriptors(options.open_namespaces_max)) {}

SqliteStore::~SqliteStore() {
  close();
}

Result<std::unique_ptr<Store>> SqliteStore::open(const StoreOptions& options) {
  auto store = std::make_unique<SqliteStore>(options);
  if (auto opened = store->open_files(options); !opened) return opened.error();
  return Result<std::unique_ptr<Store>>(std::move(store));
}

Result<void> SqliteStore::open_files(const StoreOptions& options) {
  auto located = locate_store(options.db_url, options.data_dir);
  if (!located) return located.error();
  files_ = std::move(*located);
  parts_.namespaces_directory = files_.namespaces;
  const std::string registry_directory =
      std::filesystem::path(files_.registry).parent_path().string();
  for (const std::string& directory : {files_.data_dir, registry_directory}) {
    if (auto made = make_directories(directory); !made) return made;
  }
  auto locks = lock_store(files_);
  if (!locks) return locks.error();
  locks_ = std::move(*locks);
  if (auto made = make_directories(files_.namespaces); !made) return made;
  if (auto checked = check_registry_is_there(files_); !checked) return checked;
  const auto as_error = [](const Failure& failure) {
    return Error{ErrorCode::kBackendError, failure.text, {}};
  };
  if (auto opened = parts_.registry.open(files_.registry); !opened) {
    return as_error(opened.error());
  }
  auto rows = parts_.registry.rows();
  if (!rows) return as_error(rows.error());
  if (auto cleaned = clean_up(*rows); !cleaned) return cleaned;
  for (RegistryRow& row : *rows) {
    auto ns = std::make_shared<SqliteNamespace>(parts_, std::move(row));
    namespaces_.emplace(ns->id(), ns);
  }
  return {};
}

Result<void> SqliteStore::clean_up(const std::vector<RegistryRow>& rows) {
  const auto is_registered = [&rows](const std::string& name) {
    return std::any_of(rows.begin(), rows.end(),
                       [&name](const RegistryRow& row) { return row.directory == name; });
  };
  auto leftovers = parts_.registry.leftovers();
  if (!leftovers) return Error{ErrorCode::kBackendError, leftovers.error().text, {}};
  for (const std::string& name : *leftovers) {
    if (!is_registered(name)) {
      if (auto removed = remove_directory(files_.namespaces + "/" + name); !removed) return removed;
    }
    if (auto done = parts_.registry.forget_leftover(name); !done) {
      return Error{ErrorCode::kBackendError, done.error().text, {}};
    }
  }
  auto present = list_directory(files_.namespaces);
  if (!present) return present.error();
  for (const std::string& name : *present) {
    const std::string path = files_.namespaces + "/" + name;
    if (name.ends_with(".new")) {
      if (auto removed = remove_directory(path); !removed) return removed;
    } else if (!is_registered(name)) {
      // It may be all that is left of a namespace whose registry was restored: not ours to remove.
      spdlog::warn("storage: {} belongs to no namespace of the registry; it is left alone", path);
    }
  }
  return {};
}

StoreDescription SqliteStore::describe() const {
  return {"sqlite", parts_.options.durability == Durability::kDisk ? "disk" : "os", files_.registry,
          parts_.open_set.open_max() * limits::kDescriptorsPerNamespace + kSharedDescriptors};
}

SqliteStore::Handle SqliteStore::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto at = namespaces_.find(id);
  return at == namespaces_.end() ? nullptr : at->second;
}

Awaitable<Result<NamespaceHandle>> SqliteStore::find_namespace(std::string_view id) {
  co_return NamespaceHandle(find(id));
}

Awaitable<Result<NamespaceHandle>> SqliteStore::create_namespace(const NewNamespace& wanted) {
  return on_registrar<NamespaceHandle>(parts_.registrar,
                                       [this, &wanted] { return create(wanted); });
}

Awaitable<Result<DeletedNamespace>> SqliteStore::delete_namespace(std::string_view id,
                                                                  const Namespace* only) {
  return on_registrar<DeletedNamespace>(parts_.registrar,
                                        [this, id, only] { return remove(id, only); });
}

Awaitable<Result<void>> SqliteStore::set_token_hash(std::string_view id, const TokenHash& hash) {
  return on_registrar<void>(parts_.registrar, [this, id, &hash] { return change_token(id, hash); });
}

Awaitable<Result<void>> SqliteStore::list_namespaces(NamespaceVisitor& visitor) {
  auto counted =
      co_await on_registrar<std::vector<Counted>>(parts_.registrar, [this] { return count_all(); });
  if (!counted) co_return counted.error();
  for (const Counted& each : *counted) visitor.visit(*each.ns, each.message_count);
  co_return Result<void>();
}

Error SqliteStore::registry_error(const Failure& failure) {
  // Whether the change was kept is unknown unless the disk was full before it.
  if (primary(failure.code) == SQLITE_IOERR) parts_.is_read_only.store(true);
  return storage_error(failure);
}

Result<void> SqliteStore::make_directory(RegistryRow& row) {
  const std::string name = directory_name(row.serial, row.id);
  row.directory = name;
  // A directory of that name can be there when an older registry was restored.
  for (int i = 2; exists(files_.namespaces + "/" + row.directory); ++i) {
    row.directory = name + "-" + std::to_string(i);
  }
  const std::string path = files_.namespaces + "/" + row.directory;
  const std::string half_made = path + ".new";
  if (auto removed = remove_directory(half_made); !removed) return removed;
  if (auto made = make_directories(half_made); !made) return made;
  if (auto made = LogFile::create(half_made + "/log.db", row.log_id, row.id); !made) {
    const Error error = storage_error(made.error());
    static_cast<void>(remove_directory(half_made));  // else the next start removes it
    return error;
  }
  if (auto synced = sync_directory(half_made); !synced) return synced;
  return rename_durably(half_made, path);
}

Result<NamespaceHandle> SqliteStore::create(const NewNamespace& wanted) {
  if (find(wanted.id) != nullptr) {
    return namespace_exists(wanted.id);
  }
  if (parts_.is_read_only.load()) return read_only_error();
  const auto serial = parts_.registry.next_serial();
  if (!serial) return registry_error(serial.error());
  RegistryRow row;
  row.serial = *serial;
  row.id = wanted.id;
  row.log_id = make_log_id();
  row.description = wanted.description;
  row.token_hash = wanted.token_hash;
  row.created_at = base::wall_clock_now();
  row.is_clean = true;
  if (auto made = make_directory(row); !made) {
    spdlog::error("storage: {}", made.error().message);
    return Error{ErrorCode::kBackendError, "The namespace's files cannot be made", {}};
  }
  if (auto added = parts_.registry.insert(row, wanted.metadata); !added) {
    // Of any other failure it is not known whether the registry names the directory now.
    if (is_disk_full(added.error().code)) {
      static_cast<void>(remove_directory(files_.namespaces + "/" + row.directory));
    }
    return registry_error(added.error());
  }
  auto ns = std::make_shared<SqliteNamespace>(parts_, std::move(row));
  const std::lock_guard lock(mutex_);
  namespaces_.emplace(ns->id(), ns);
  return NamespaceHandle(ns);
}

Result<DeletedNamespace> SqliteStore::remove(std::string_view id, const Namespace* only) {
  const Handle ns = find(id);
  if (ns == nullptr || (only != nullptr && ns.get() != only)) return unknown_namespace(id);
  if (parts_.is_read_only.load()) return read_only_error();
  // Opens it when only its log knows the count. One that cannot be opened can still be deleted.
  static_cast<void>(ns->count_messages());
  if (auto removed = parts_.registry.remove(ns->row()); !removed) {
    return registry_error(removed.error());
  }
  {
    const std::lock_guard lock(mutex_);
    namespaces_.erase(ns->id());
  }
  const DeletedNamespace deleted{ns->mark_deleted(), base::wall_clock_now()};
  const std::string path = files_.namespaces + "/" + ns->row().directory;
  if (auto removed = remove_directory(path); !removed) {
    spdlog::warn("storage: {}; the next start removes it", removed.error().message);
  } else if (auto done = parts_.registry.forget_leftover(ns->row().directory); !done) {
    spdlog::warn("storage: {}", done.error().text);
  }
  return deleted;
}

Result<void> SqliteStore::change_token(std::string_view id, const TokenHash& hash) {
  const Handle ns = find(id);
  if (ns == nullptr) return unknown_namespace(id);
  if (parts_.is_read_only.load()) return read_only_error();
  if (auto done = parts_.registry.set_token_hash(ns->row().serial, hash); !done) {
    return registry_error(done.error());
  }
  ns->set_token_hash(hash);
  return {};
}

Result<std::vector<SqliteStore::Counted>> SqliteStore::count_all() {
  std::vector<Counted> all;
  {
    const std::lock_guard lock(mutex_);
    all.reserve(namespaces_.size());
    for (const auto& [id, ns] : namespaces_) all.push_back({ns, 0});
  }
  for (Counted& each : all) {
    const auto count = each.ns->count_messages();
    if (!count) return count.error();
    each.message_count = *count;
  }
  std::sort(all.begin(), all.end(), [](const Counted& a, const Counted& b) {
    if (a.ns->created_at() != b.ns->created_at()) return a.ns->created_at() > b.ns->created_at();
    return a.ns->id() < b.ns->id();
  });
  return all;
}

void SqliteStore::close() {
  if (is_closed_) return;
  is_closed_ = true;
  parts_.registrar.stop();
  parts_.indexers.stop();
  parts_.writers.stop();
  parts_.readers.stop();
  parts_.openers.stop();
  for (const auto& [id, ns] : namespaces_) ns->shut_down();
  parts_.registry.close();
}

}  // namespace eventodb::store::sqlite
