#include "store/sqlite/sqlite_id_directory.hpp"

#include <algorithm>

#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {

void IdSegment::add(std::unique_ptr<const IdPart> part) {
  id_count += part->id_count;
  last_ = part->last;
  firsts_.push_back(part->pages.front().id);
  filters_.emplace_back(part->filter);
  parts_.push_back(std::move(part));
  // All parts but the last one have the same number of ids.
  const auto distance = static_cast<double>((firsts_.back().high - firsts_[0].high) / 2);
  parts_per_distance_ = static_cast<double>(parts_.size() - 1) / std::max(distance, 1.0);
}

std::size_t IdSegment::halve(const IdKey& id) const {
  const auto behind = std::upper_bound(firsts_.begin(), firsts_.end(), id);
  return static_cast<std::size_t>(behind - firsts_.begin()) - 1;
}

IdDirectory::IdDirectory(std::vector<std::shared_ptr<const IdSegment>> all)
    : segments(std::move(all)) {
  for (const auto& segment : segments) last = std::max(last, segment->last());
}

Code IdPageReader::read(Database& database, const IdPageRef& page, std::vector<IdPlace>& ids) {
  if (!statement_.is_prepared()) {
    const Code code = statement_.prepare(database, sql::kReadIdPage);
    if (code != SQLITE_OK) return code;
  }
  const ResetAtEnd reset(statement_);
  const IdPlace& place = page.part->pages[page.index];
  statement_.bind(1, place.at);
  const Code code = statement_.step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
  if (!decode_id_page(statement_.bytes(0), static_cast<std::uint64_t>(place.at), ids)) {
    return SQLITE_CORRUPT;
  }
  // An older state of the page has a right checksum too.
  const bool is_last = page.index + 1 == page.part->pages.size();
  const bool ends_right = is_last ? ids.back().id == page.part->last
                                  : ids.back().id < page.part->pages[page.index + 1].id;
  return ids.front().id == place.id && ends_right ? SQLITE_OK : SQLITE_CORRUPT;
}

}  // namespace eventodb::store::sqlite
