#include "store/sqlite/sqlite_id_directory.hpp"

#include <algorithm>

#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {

const IdPart* IdSegment::part_for(const IdKey& id) const {
  // Ids that ascend are newer than all others.
  if (parts.empty() || parts.back()->last < id) return nullptr;
  const auto behind =
      std::upper_bound(parts.begin(), parts.end(), id,
                       [](const IdKey& key, const std::unique_ptr<const IdPart>& part) {
                         return key < part->pages.front().id;
                       });
  if (behind == parts.begin()) return nullptr;
  const IdPart* part = std::prev(behind)->get();
  return id <= part->last ? part : nullptr;
}

void IdDirectory::find_pages(const IdKey& id, std::vector<IdPageRef>& pages) const {
  const IdFilter::Probe probe(IdFilter::hash(id));
  pages.clear();
  // In two rounds, so that the filters' cache lines are fetched side by side.
  for (const auto& segment : segments) {
    const IdPart* part = segment->part_for(id);
    if (part == nullptr) continue;
    part->filter.prefetch(probe);
    pages.push_back({part, 0});
  }
  std::erase_if(pages,
                [&probe](const IdPageRef& page) { return !page.part->filter.may_contain(probe); });
  for (IdPageRef& page : pages) page.index = find_place(page.part->pages, id);
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
