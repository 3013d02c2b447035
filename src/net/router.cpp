#include "net/router.hpp"

namespace eventodb::net {

Endpoint* Router::find(std::string_view path) const {
  for (const Row& row : rows_) {
    if (!path.starts_with(row.path)) continue;
    if (path.size() == row.path.size()) return row.endpoint;
    if (row.tree && path[row.path.size()] == '/') return row.endpoint;
  }
  return nullptr;
}

}  // namespace eventodb::net
