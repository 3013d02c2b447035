#include "store/sqlite/sqlite_id_segments.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "store/sqlite/sqlite_id_parts.hpp"
#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {

IdSegments::IdSegments(const IdShape& shape)
    : shape_(shape),
      statements_(std::make_unique<Statements>()),
      directory_(std::make_shared<IdDirectory>()),
      draft_(std::make_unique<Draft>()) {}

IdSegments::~IdSegments() = default;

Code IdSegments::Statements::prepare(Database& database) {
  const std::pair<Statement*, const char*> all[] = {
      {&set_page, sql::kSetIdPage},         {&set_part, sql::kSetIdPart},
      {&drop_parts, sql::kDropIdParts},     {&set_segment, sql::kSetIdSegment},
      {&drop_segment, sql::kDropIdSegment}, {&list_segments, sql::kListIdSegments},
      {&list_parts, sql::kListIdParts},
  };
  for (const auto& [statement, text] : all) {
    if (const Code code = statement->prepare(database, text); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Code IdSegments::open(Database& database) {
  database_ = &database;
  Code code = statements_->prepare(database);
  if (code == SQLITE_OK) code = load();
  if (code != SQLITE_OK) return code;
  prepare_commit();
  commit();
  return SQLITE_OK;
}

std::int64_t IdSegments::id_count() const {
  std::int64_t count = 0;
  for (const Segment& segment : directory_->segments) count += segment->id_count;
  return count;
}

Code IdSegments::write(std::span<IdPlace> ids) {
  if (!is_loaded_) {
    if (const Code code = load(); code != SQLITE_OK) return code;
  }
  reclaim_pages();
  std::sort(ids.begin(), ids.end(), [](const IdPlace& a, const IdPlace& b) { return a.id < b.id; });
  start(*draft_);
  for (const IdPlace& id : ids) {
    if (const Code code = add(*draft_, id); code != SQLITE_OK) return code;
  }
  Code code = finish(*draft_);
  if (code != SQLITE_OK) return code;
  segments_.push_back(std::move(draft_->segment));
  code = start_merges();
  const auto moved = std::clamp(shape_.merge_pace * static_cast<std::int64_t>(ids.size()),
                                shape_.tier_ids, shape_.merge_ids_max);
  if (code == SQLITE_OK) code = advance_merges(moved);
  if (code == SQLITE_OK) prepare_commit();
  return code;
}

/// All that can fail for want of memory: once the file has a step, this must have it, too.
void IdSegments::prepare_commit() {
  next_directory_ = std::make_shared<IdDirectory>(segments_);
  retired_.reserve(retired_.size() + dropped_.size());
}

void IdSegments::commit() noexcept {
  directory_ = std::move(next_directory_);
  retired_.insert(retired_.end(), dropped_.begin(), dropped_.end());
  dropped_.clear();
}

void IdSegments::roll_back() {
  is_loaded_ = false;
  next_directory_.reset();
  segments_.clear();
  dropped_.clear();
  merges_.clear();
}

void IdSegments::reclaim_pages() {
  const std::size_t before = free_pages_.size();
  std::size_t retired_pages = 0;
  for (const Segment& segment : retired_) {
    for (const auto& part : segment->parts()) retired_pages += part->pages.size();
  }
  free_pages_.reserve(before + retired_pages);  // what throws below would leave holes
  std::erase_if(retired_, [this](const Segment& segment) {
    if (segment.use_count() > 1) return false;
    for (const auto& part : segment->parts()) {
      for (const IdPlace& page : part->pages) free_pages_.push_back(page.at);
    }
    return true;
  });
  if (free_pages_.size() == before) return;
  std::sort(free_pages_.begin(), free_pages_.end(), std::greater<>());
}

void IdSegments::start(Draft& draft) {
  draft.segment = std::make_shared<IdSegment>();
  draft.segment->number = segment_end_++;
  draft.part.pages.clear();
  draft.part.id_count = 0;
  draft.hashes.clear();
  draft.ids.clear();
  draft.is_empty = true;
}

Code IdSegments::add(Draft& draft, const IdPlace& id) {
  if (!draft.is_empty && id.id <= draft.last) return SQLITE_CORRUPT;
  draft.is_empty = false;
  draft.last = id.id;
  draft.ids.push_back(id);
  return draft.ids.size() < shape_.page_ids ? SQLITE_OK : write_page(draft);
}

Code IdSegments::write_page(Draft& draft) {
  std::int64_t page = page_end_;
  if (free_pages_.empty()) {
    ++page_end_;
  } else {
    page = free_pages_.back();
    free_pages_.pop_back();
  }
  encode_id_page(draft.ids, static_cast<std::uint64_t>(page), bytes_);
  Statement& set = statements_->set_page;
  set.bind(1, page);
  set.bind_blob(2, bytes_);
  if (const Code code = set.run(); code != SQLITE_OK) return code;
  for (const IdPlace& id : draft.ids) draft.hashes.push_back(IdFilter::hash(id.id));
  draft.part.pages.push_back({draft.ids.front().id, page});
  draft.part.last = draft.last;
  draft.part.id_count += static_cast<std::int64_t>(draft.ids.size());
  draft.ids.clear();
  return draft.part.pages.size() < shape_.part_pages ? SQLITE_OK : finish_part(draft);
}

/// As the next one of the segment.
Code IdSegments::store_part(const IdSegment& segment, const IdPart& part) {
  places_ = part.pages;
  places_.push_back({part.last, part.id_count});
  const std::string_view filter = part.filter.bytes();
  encode_id_page(places_, part_seed(segment.number, segment.parts().size(), filter), bytes_);
  Statement& set = statements_->set_part;
  set.bind(1, segment.number);
  set.bind(2, static_cast<std::int64_t>(segment.parts().size()));
  set.bind_blob(3, bytes_);
  set.bind_blob(4, filter);
  return set.run();
}

Code IdSegments::finish_part(Draft& draft) {
  auto part = std::make_unique<IdPart>(draft.part);
  part->filter = IdFilter(draft.hashes);
  if (const Code code = store_part(*draft.segment, *part); code != SQLITE_OK) return code;
  draft.segment->add(std::move(part));
  draft.part.pages.clear();
  draft.part.id_count = 0;
  draft.hashes.clear();
  return SQLITE_OK;
}

Code IdSegments::finish(Draft& draft) {
  Code code = draft.ids.empty() ? SQLITE_OK : write_page(draft);
  if (code == SQLITE_OK && !draft.part.pages.empty()) code = finish_part(draft);
  return code == SQLITE_OK ? store_segment(draft.segment->number, true, 0) : code;
}

Code IdSegments::store_segment(std::int64_t number, bool is_complete, std::int64_t merged_into) {
  Statement& set = statements_->set_segment;
  set.bind(1, number);
  set.bind(2, is_complete ? 1 : 0);
  set.bind(3, merged_into);
  return set.run();
}

}  // namespace eventodb::store::sqlite
