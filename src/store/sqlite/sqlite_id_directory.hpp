#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_id_filter.hpp"
#include "store/sqlite/sqlite_id_page.hpp"

namespace eventodb::store::sqlite {

/// Whether a > b, without branches.
inline bool is_behind(const IdKey& a, const IdKey& b) {
  __extension__ using Wide = unsigned __int128;
  return (Wide{a.high} << 64 | a.low) > (Wide{b.high} << 64 | b.low);
}

/// A run of pages of one segment, with what it takes to find an id in it by reading one page.
struct IdPart {
  std::vector<IdPlace> pages;  ///< first id and number of each
  IdKey last;                  ///< id of its last page
  std::int64_t id_count = 0;
  IdFilter filter;  ///< empty while the part is written
};

/// Ids in ascending order. Never changes once it is in a directory.
class IdSegment {
 public:
  std::int64_t number = 0;
  std::int64_t id_count = 0;

  /// Behind the others. REQUIRES: it has ids, and its filter.
  void add(std::unique_ptr<const IdPart> part);
  const std::vector<std::unique_ptr<const IdPart>>& parts() const { return parts_; }
  const IdKey& last() const { return last_; }

  /// Whether it may lie in one of the parts.
  bool spans(const IdKey& id) const { return !is_behind(id, last_) && !is_behind(firsts_[0], id); }
  /// The number of the only part that may have it. REQUIRES: spans(id).
  std::size_t part_of(const IdKey& id) const;
  const IdFilter::View& filter(std::size_t part) const { return filters_[part]; }

 private:
  std::size_t halve(const IdKey& id) const;

  std::vector<std::unique_ptr<const IdPart>> parts_;
  // For look-ups, which want no detour by the parts: of each the first id and the filter.
  std::vector<IdKey> firsts_;
  std::vector<IdFilter::View> filters_;
  IdKey last_;
  double parts_per_distance_ = 0;  // where ids are evenly spread
};

inline std::size_t IdSegment::part_of(const IdKey& id) const {
  if (firsts_.size() == 1) return 0;
  // Ids made at random lie where they should.
  const auto distance = static_cast<std::int64_t>((id.high - firsts_[0].high) / 2);
  const double guess = static_cast<double>(distance) * parts_per_distance_;
  const auto part =
      static_cast<std::size_t>(std::min(guess, static_cast<double>(firsts_.size() - 1)));
  const bool is_right = !is_behind(firsts_[part], id) &&
                        (part + 1 == firsts_.size() || is_behind(firsts_[part + 1], id));
  return is_right ? part : halve(id);
}

/// One page of a part.
struct IdPageRef {
  const IdPart* part;
  std::size_t index;
};

/// What the index knows about its ids without reading: all segments as of one index step. Whoever
/// holds it can read every page it names: pages are written anew only when no directory that names
/// them is left. Immutable.
struct IdDirectory {
  IdDirectory() = default;
  explicit IdDirectory(std::vector<std::shared_ptr<const IdSegment>> all);

  std::vector<std::shared_ptr<const IdSegment>> segments;
  IdKey last;  ///< of all ids
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
