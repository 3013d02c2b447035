#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "eventodb/limits.hpp"
#include "store/sqlite/sqlite_message_cache.hpp"
#include "store/sqlite/sqlite_options.hpp"
#include "store/sqlite/sqlite_readers.hpp"
#include "store/sqlite/sqlite_registry.hpp"
#include "store/sqlite/sqlite_threads.hpp"

namespace eventodb::store::sqlite {

class SqliteNamespace;

/// The namespaces whose files are open; keeps their number bounded. Thread-safe.
class OpenSet {
 public:
  explicit OpenSet(std::size_t open_max) : open_max_(open_max) {}

  std::size_t open_max() const { return open_max_; }

  /// Closes idle namespaces, the least recently used first (roughly: a clock), until one more may
  /// be open. When all are busy the bound is exceeded until one is not. Opener threads only.
  void make_room();
  void add(std::shared_ptr<SqliteNamespace> ns);
  void remove(const SqliteNamespace& ns);

 private:
  std::shared_ptr<SqliteNamespace> next_candidate();

  const std::size_t open_max_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<SqliteNamespace>> open_;
  std::size_t hand_ = 0;
};

/// What the namespaces of a store share.
struct StoreParts {
  StoreParts(const StoreOptions& wanted, std::size_t open_max)
      : options(wanted), open_set(open_max) {}

  const StoreOptions options;
  std::string namespaces_directory;
  Registry registry;
  /// Set by the first sync or commit whose outcome is unknown; never cleared (protocol of failed
  /// syncs: what the system says afterwards cannot be trusted).
  std::atomic<bool> is_read_only{false};
  OpenSet open_set;
  MessageCache message_cache{limits::kMessageCacheBytesMax};
  /// For a namespace that all reader threads read at once: it opens no files for each read.
  Slots spare_readers{limits::kReaderThreads};

  // Declared last, so that the threads end before what they use.
  IndexPool indexers{limits::kIndexThreads, options.index_delay};
  WorkerPool writers{"writer", limits::kWriterThreads};
  WorkerPool readers{"reader", limits::kReaderThreads};
  WorkerPool openers{"opener", limits::kOpenerThreads};
  WorkerPool registrar{"registrar", 1};  ///< changes of the registry, one after the other
};

}  // namespace eventodb::store::sqlite
