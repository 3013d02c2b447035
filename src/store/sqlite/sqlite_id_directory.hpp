#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_id_filter.hpp"
#include "store/sqlite/sqlite_id_page.hpp"

namespace eventodb::store::sqlite {

/// A run of pages of one segment, with what it takes to find an id in it by reading one page.
struct IdPart {
  std::vector<IdPlace> pages;  ///< first id and number of each
  IdKey last;                  ///< id of its last page
  std::int64_t id_count = 0;
  IdFilter filter;  ///< empty while the part is written
};

/// Ids in ascending order. Never changes once it is in a directory.
struct IdSegment {
  std::int64_t number = 0;
  std::int64_t id_count = 0;
  std::vector<std::unique_ptr<const IdPart>> parts;

  /// The only part that may have it; nullptr: none.
  const IdPart* part_for(const IdKey& id) const;
};

/// One page of a part.
struct IdPageRef {
  const IdPart* part;
  std::size_t index;
};

/// What the index knows about its ids without reading: all segments as of one index step. Whoever
/// holds it can read every page it names: pages are written anew only when no directory that names
/// them is left. Immutable.
struct IdDirectory {
  std::vector<std::shared_ptr<const IdSegment>> segments;

  /// The pages that may have the id, nearly always none when it is not stored. They live as long
  /// as the directory.
  void find_pages(const IdKey& id, std::vector<IdPageRef>& pages) const;
};

/// Reads pages of ids through one connection. Not thread-safe.
class IdPageReader {
 public:
  /// SQLITE_CORRUPT when it is not the page that the part names.
  [[nodiscard]] Code read(Database& database, const IdPageRef& page, std::vector<IdPlace>& ids);

 private:
  Statement statement_;
};

}  // namespace eventodb::store::sqlite
