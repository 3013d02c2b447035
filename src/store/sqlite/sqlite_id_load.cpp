#include <algorithm>
#include <utility>

#include "store/sqlite/sqlite_id_parts.hpp"
#include "store/sqlite/sqlite_schema.hpp"

// What is known about the ids of an index, from its file.
namespace eventodb::store::sqlite {
namespace {

/// The smallest row of id_pages has a checksum and an id with its place: 32 bytes of 8192.
constexpr std::int64_t kRowsPerFilePageMax = 256;

}  // namespace

/// A segment as the file has it.
struct IdSegments::Stored {
  std::int64_t number = 0;
  bool is_complete = false;
  std::int64_t merged_into = 0;  ///< 0: not yet
  std::unique_ptr<Draft> draft;
};

Code IdSegments::load() {
  roll_back();
  std::vector<Stored> stored;
  Code code = load_segments(stored);
  if (code == SQLITE_OK) code = load_parts(stored);
  if (code == SQLITE_OK) code = arrange(stored);
  if (code == SQLITE_OK) code = find_free_pages();
  is_loaded_ = code == SQLITE_OK;
  return code;
}

Code IdSegments::load_segments(std::vector<Stored>& stored) {
  Statement& list = statements_->list_segments;
  const ResetAtEnd reset(list);
  segment_end_ = 1;
  Code code = list.step();
  for (; code == SQLITE_ROW; code = list.step()) {
    segment_end_ = list.integer(0);
    auto draft = std::make_unique<Draft>();
    start(*draft);  // which takes that number
    stored.push_back({.number = list.integer(0),
                      .is_complete = list.integer(1) != 0,
                      .merged_into = list.integer(2),
                      .draft = std::move(draft)});
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

Code IdSegments::load_parts(std::vector<Stored>& stored) {
  Statement& list = statements_->list_parts;
  const ResetAtEnd reset(list);
  auto segment = stored.begin();
  Code code = list.step();
  for (; code == SQLITE_ROW; code = list.step()) {
    while (segment != stored.end() && segment->number != list.integer(0)) ++segment;
    if (segment == stored.end()) return SQLITE_CORRUPT;
    if (const Code loaded = load_part(*segment); loaded != SQLITE_OK) return loaded;
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/// The part that list_parts is at.
Code IdSegments::load_part(Stored& segment) {
  const Statement& list = statements_->list_parts;
  Draft& draft = *segment.draft;
  auto& parts = draft.segment->parts();
  const bool is_next = list.integer(1) == static_cast<std::int64_t>(parts.size());
  if (!is_next || !draft.part.pages.empty()) return SQLITE_CORRUPT;
  IdPart& part = draft.part;
  const std::string_view filter = list.bytes(3);
  const std::uint64_t seed = part_seed(segment.number, parts.size(), filter);
  if (!decode_id_page(list.bytes(2), seed, part.pages) || part.pages.size() < 2) {
    return SQLITE_CORRUPT;
  }
  part.last = part.pages.back().id;
  part.id_count = part.pages.back().at;
  part.pages.pop_back();
  draft.is_empty = false;
  draft.last = part.last;
  if (filter.empty()) {  // to go on with
    std::vector<IdPlace> ids;
    for (std::size_t i = 0; i < part.pages.size(); ++i) {
      const Code code = statements_->pages.read(*database_, {&part, i}, ids);
      if (code != SQLITE_OK) return code;
      for (const IdPlace& id : ids) draft.hashes.push_back(IdFilter::hash(id.id));
    }
    return segment.is_complete ? SQLITE_CORRUPT : SQLITE_OK;
  }
  if (!part.filter.assign(filter)) return SQLITE_CORRUPT;
  draft.segment->add(std::make_unique<IdPart>(std::exchange(part, IdPart())));
  return SQLITE_OK;
}

Code IdSegments::arrange(std::vector<Stored>& stored) {
  for (Stored& each : stored) {
    if (each.is_complete) continue;
    auto merge = std::make_unique<Merge>();
    merge->draft = std::move(*each.draft);
    merges_.push_back(std::move(merge));
  }
  for (Stored& each : stored) {
    if (!each.is_complete) continue;
    if (each.draft->segment->parts().empty()) return SQLITE_CORRUPT;
    Segment segment = std::move(each.draft->segment);
    // Look-ups may hold the one that is published: it stays the same, as long as it is used.
    for (const Segment& published : directory_->segments) {
      if (published->number == each.number) segment = published;
    }
    segments_.push_back(segment);
    if (each.merged_into == 0) continue;
    const auto at = std::find_if(merges_.begin(), merges_.end(), [&each](const auto& merge) {
      return merge->draft.segment->number == each.merged_into;
    });
    if (at == merges_.end()) return SQLITE_CORRUPT;
    (*at)->tier = tier_of(*segment);
    (*at)->sources.push_back(std::move(segment));
  }
  const auto has_none = [](const auto& merge) { return merge->sources.empty(); };
  return std::any_of(merges_.begin(), merges_.end(), has_none) ? SQLITE_CORRUPT : SQLITE_OK;
}

Code IdSegments::find_free_pages() {
  const auto newest = database_->query_integer(sql::kNewestIdPage);
  if (!newest) return newest.error().code;
  const auto file_pages = database_->query_integer("PRAGMA page_count");
  if (!file_pages) return file_pages.error().code;
  // Numbers are used again, so there are no more than rows fit the file.
  const bool can_be = *newest >= 0 && *newest / kRowsPerFilePageMax <= *file_pages;
  if (!can_be) return SQLITE_CORRUPT;
  page_end_ = *newest + 1;
  std::vector<bool> is_used(static_cast<std::size_t>(page_end_));
  bool is_right = true;
  const auto note = [&](const IdPart& part, bool is_stored) {
    for (const IdPlace& page : part.pages) {
      const bool exists = page.at > 0 && page.at < page_end_;
      if (is_stored && (!exists || is_used[static_cast<std::size_t>(page.at)])) is_right = false;
      if (exists) is_used[static_cast<std::size_t>(page.at)] = true;
    }
  };
  for (const Segment& segment : segments_) {
    for (const auto& part : segment->parts()) note(*part, true);
  }
  for (const auto& merge : merges_) {
    for (const auto& part : merge->draft.segment->parts()) note(*part, true);
    note(merge->draft.part, true);
  }
  for (const Segment& segment : retired_) {
    for (const auto& part : segment->parts()) note(*part, false);
  }
  if (!is_right) return SQLITE_CORRUPT;
  free_pages_.clear();
  for (std::int64_t page = page_end_ - 1; page > 0; --page) {
    if (!is_used[static_cast<std::size_t>(page)]) free_pages_.push_back(page);
  }
  return SQLITE_OK;
}

}  // namespace eventodb::store::sqlite
