#include "core/refusals.hpp"
#include "store/sqlite/sqlite_open_files.hpp"
#include "store/sqlite/sqlite_registry.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace eventodb::store::sqlite {
namespace {

Error operator_error(const Failure& failure) {
  return {ErrorCode::kBackendError, failure.text, {}};
}

Result<void> rebuild(const NamespacePlace& place, const ReindexCallback& progress) {
  const auto told = [&](std::int64_t indexed, std::int64_t total) {
    progress(place.id, indexed, total);
  };
  auto files = OpenFiles::open(place, true, told);
  if (!files) return operator_error(files.error());
  const std::int64_t count = (*files)->published.message_count;
  const auto closed = (*files)->close(true);
  if (!closed) return operator_error(closed.error());
  if (!*closed) {
    return Error{ErrorCode::kBackendError, place.index_path() + ": cannot be completed", {}};
  }
  progress(place.id, count, count);
  return {};
}

}  // namespace

Result<std::int64_t> reindex(const StoreOptions& options, std::string_view namespace_id,
                             const ReindexCallback& progress) {
  const auto located = locate_store(options.db_url, options.data_dir);
  if (!located) return located.error();
  if (!exists(located->registry)) {
    return Error{ErrorCode::kBackendError, located->registry + ": there is no such store", {}};
  }
  auto locks = lock_store(*located);
  if (!locks) return locks.error();
  Registry registry;
  if (auto opened = registry.open(located->registry); !opened) {
    return operator_error(opened.error());
  }
  const auto rows = registry.rows();
  if (!rows) return operator_error(rows.error());
  std::int64_t rebuilt = 0;
  for (const RegistryRow& row : *rows) {
    if (!namespace_id.empty() && row.id != namespace_id) continue;
    const NamespacePlace place{located->namespaces + "/" + row.directory, row.id, row.log_id,
                               options.file_options()};
    if (auto done = rebuild(place, progress); !done) return done.error();
    ++rebuilt;
  }
  registry.close();
  if (rebuilt == 0 && !namespace_id.empty()) {
    return unknown_namespace(namespace_id);
  }
  return rebuilt;
}

}  // namespace eventodb::store::sqlite
