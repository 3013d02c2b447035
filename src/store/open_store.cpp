#include "store/open_store.hpp"

#include <spdlog/spdlog.h>
#include <algorithm>

#include <string>

#include "base/logging.hpp"
#include "store/memory/memory_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace eventodb::store {
namespace {

enum class Backend : std::uint8_t { kMemory, kSqlite };

Error refusal(std::string text) {
  return {ErrorCode::kInvalidRequest, std::move(text), {}};
}

std::string_view scheme_of(std::string_view url) {
  const std::string_view scheme = url.substr(0, std::min(url.find("://"), url.size()));
  constexpr std::string_view kSigns =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
  const bool is_one =
      scheme.size() != url.size() && scheme.find_first_not_of(kSigns) == std::string_view::npos;
  return is_one ? scheme : std::string_view();
}

/// What the URL asks for (protocol 5.3), or a text that says why it cannot be had.
Result<Backend> backend_of(const Config& config) {
  const std::string_view url = config.db_url;
  if (url.empty()) return config.test_mode ? Backend::kMemory : Backend::kSqlite;
  const std::string_view scheme = scheme_of(url);
  if (scheme == "sqlite") return Backend::kSqlite;
  if (scheme == "postgres" || scheme == "postgresql") {
    return refusal("PostgreSQL is not built yet; use sqlite:// or no database URL");
  }
  if (scheme == "pebble") {
    if (config.test_mode) return Backend::kMemory;
    return refusal("pebble is supported in test mode only (as memory); use sqlite://");
  }
  if (scheme.empty()) {
    // Without its text: "password=..." is no URL either.
    return refusal("the database URL has no scheme; it begins like sqlite://name.db");
  }
  return refusal("unknown database scheme: " + base::loggable(scheme) + "; use sqlite://");
}

/// Forms that look like something else than they are (protocol D62).
void warn_of_surprises(const Config& config, Backend backend) {
  const std::string_view url = config.db_url;
  if (backend == Backend::kMemory && !url.empty()) {
    spdlog::warn("test mode keeps {} in memory: nothing is there after the end",
                 base::loggable(url));
  }
  if (url.starts_with("sqlite:///")) {
    spdlog::warn("the path of {} is taken below the data directory {}", base::loggable(url),
                 config.data_dir);
  }
  if (url == "sqlite://:memory:" || url == "sqlite://memory") {
    spdlog::warn("{} names a file below the data directory, not memory", base::loggable(url));
  }
}

sqlite::StoreOptions options_of(const Config& config) {
  return {.db_url = config.db_url, .data_dir = config.data_dir, .durability = config.durability};
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const Config& config) {
  const auto backend = backend_of(config);
  if (!backend) return backend.error();
  warn_of_surprises(config, *backend);
  if (*backend == Backend::kMemory) return make_memory_store();
  return sqlite::SqliteStore::open(options_of(config));
}

Result<std::int64_t> reindex_store(const Config& config, std::string_view namespace_id,
                                   const std::function<void(const ReindexProgress&)>& progress) {
  const auto backend = backend_of(config);
  if (!backend) return backend.error();
  if (*backend == Backend::kMemory) return refusal("a memory store has no index to rebuild");
  return sqlite::reindex(
      options_of(config), namespace_id,
      [&progress](std::string_view id, std::int64_t indexed, std::int64_t total) {
        progress({id, indexed, total});
      });
}

}  // namespace eventodb::store
