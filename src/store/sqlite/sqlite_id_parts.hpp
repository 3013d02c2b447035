#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "store/sqlite/row_checksum.hpp"
#include "store/sqlite/sqlite_id_segments.hpp"

namespace eventodb::store::sqlite {

struct IdSegments::Statements {
  Statement set_page, set_part, drop_parts, set_segment, drop_segment;
  Statement list_segments, list_parts;
  IdPageReader pages;

  [[nodiscard]] Code prepare(Database& database);
};

/// A segment as it is written, in ascending order.
struct IdSegments::Draft {
  std::shared_ptr<IdSegment> segment;  ///< with the parts that are finished
  IdPart part;                         ///< the one at hand, without its filter
  std::vector<std::uint64_t> hashes;   ///< of its ids, for its filter
  std::vector<IdPlace> ids;            ///< of the page at hand, which is not written yet
  bool is_empty = true;
  IdKey last;  ///< the newest id, unless empty
};

/// Segments of one tier on their way into one. Between steps all ids up to the draft's last one
/// are in its pages, so that this is all there is to know.
struct IdSegments::Merge {
  Draft draft;
  std::vector<Segment> sources;  ///< in the directory until the merge is finished
  int tier = 0;
  bool is_finished = false;
};

/// Where a merge is in one of its sources.
struct IdSegments::Cursor {
  const IdSegment* segment = nullptr;
  std::size_t part = 0;
  std::size_t page = 0;
  std::vector<IdPlace> ids;  ///< of the page
  std::size_t at = 0;        ///< == ids.size(): behind its end
};

/// The checksum of a part's places starts from this.
inline std::uint64_t part_seed(std::int64_t segment, std::size_t part, std::string_view filter) {
  return bytes_checksum(filter, static_cast<std::uint64_t>(segment) << 24 | part);
}

}  // namespace eventodb::store::sqlite
