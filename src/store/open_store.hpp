#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "eventodb/config.hpp"
#include "eventodb/store.hpp"

namespace eventodb::store {

/// Opens the backend that `config` names (protocol 5.3). Blocks; call before requests are served.
/// Fails with a text for the operator: an unknown or unsupported URL, a directory that another
/// server uses or that cannot be written, a damaged file by name.
Result<std::unique_ptr<Store>> open_store(const Config& config);

/// How far a rebuild is in one namespace.
struct ReindexProgress {
  std::string_view namespace_id;
  std::int64_t indexed = 0;  ///< messages done
  std::int64_t total = 0;
};

/// Rebuilds the derived indexes of one namespace, or of all when `namespace_id` is "", from the
/// log. Blocks; needs the data directory for itself. Returns the number of namespaces rebuilt.
/// Fails with a text for the operator; a namespace that was not reached keeps its index.
Result<std::int64_t> reindex_store(const Config& config, std::string_view namespace_id,
                                   const std::function<void(const ReindexProgress&)>& progress);

}  // namespace eventodb::store
