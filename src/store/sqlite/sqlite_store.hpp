#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventodb/store.hpp"
#include "store/sqlite/sqlite_options.hpp"
#include "store/sqlite/sqlite_paths.hpp"
#include "store/sqlite/sqlite_store_parts.hpp"

namespace eventodb::store::sqlite {

/// Namespaces in a registry file, each with a log and an index of its own.
class SqliteStore final : public Store {
 public:
  /// Locks the directory, opens or makes the registry, removes what crashed deletions and creations
  /// left. Blocks.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);

  explicit SqliteStore(const StoreOptions& options);
  ~SqliteStore() override;

  StoreDescription describe() const override;
  bool is_writable() const override { return !parts_.is_read_only.load(); }
  Awaitable<Result<NamespaceHandle>> find_namespace(std::string_view id) override;
  Awaitable<Result<NamespaceHandle>> create_namespace(const NewNamespace& wanted) override;
  Awaitable<Result<DeletedNamespace>> delete_namespace(std::string_view id,
                                                       const Namespace* only) override;
  Awaitable<Result<void>> list_namespaces(NamespaceVisitor& visitor) override;
  Awaitable<Result<void>> set_token_hash(std::string_view id, const TokenHash& hash) override;
  void close() override;

 private:
  using Handle = std::shared_ptr<SqliteNamespace>;
  struct Counted {
    Handle ns;
    std::int64_t message_count = 0;
  };

  Result<void> open_files(const StoreOptions& options);
  Result<void> clean_up(const std::vector<RegistryRow>& rows);
  Handle find(std::string_view id) const;

  // On the registrar thread.
  Result<NamespaceHandle> create(const NewNamespace& wanted);
  Result<void> make_directory(RegistryRow& row);
  Result<DeletedNamespace> remove(std::string_view id, const Namespace* only);
  Result<std::vector<Counted>> count_all();
  Result<void> change_token(std::string_view id, const TokenHash& hash);
  Error registry_error(const Failure& failure);

  StoreFiles files_;
  StoreLocks locks_;
  StoreParts parts_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string_view, Handle> namespaces_;  // keys lie in the namespaces
  bool is_closed_ = false;
};

/// See reindex_store() in store/open_store.hpp.
using ReindexCallback =
    std::function<void(std::string_view namespace_id, std::int64_t indexed, std::int64_t total)>;
Result<std::int64_t> reindex(const StoreOptions& options, std::string_view namespace_id,
                             const ReindexCallback& progress);

}  // namespace eventodb::store::sqlite
