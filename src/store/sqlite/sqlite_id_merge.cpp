#include <algorithm>

#include "store/sqlite/sqlite_id_parts.hpp"
#include "store/sqlite/sqlite_schema.hpp"

// Segments of a tier become one of a higher tier, a piece at every step.
namespace eventodb::store::sqlite {

int IdSegments::tier_of(const IdSegment& segment) const {
  int tier = 0;
  const auto factor = static_cast<std::int64_t>(shape_.fan_in);
  for (std::int64_t ids = shape_.tier_ids; ids <= segment.id_count; ids *= factor) ++tier;
  return tier;
}

bool IdSegments::waits_in(int tier, const Segment& segment) const {
  if (tier_of(*segment) != tier) return false;
  return std::none_of(merges_.begin(), merges_.end(), [&segment](const auto& merge) {
    return std::ranges::find(merge->sources, segment) != merge->sources.end();
  });
}

Code IdSegments::start_merges() {
  int tiers = 0;
  for (const Segment& segment : segments_) tiers = std::max(tiers, tier_of(*segment) + 1);
  for (int tier = 0; tier < tiers; ++tier) {
    const auto is_of_tier = [tier](const auto& merge) { return merge->tier == tier; };
    if (std::any_of(merges_.begin(), merges_.end(), is_of_tier)) continue;
    const auto count =
        std::ranges::count_if(segments_, [&](const auto& each) { return waits_in(tier, each); });
    if (static_cast<std::size_t>(count) < shape_.fan_in) continue;
    if (const Code code = start_merge(tier); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Code IdSegments::start_merge(int tier) {
  auto merge = idle_merges_.empty() ? std::make_unique<Merge>() : std::move(idle_merges_.back());
  if (!idle_merges_.empty()) idle_merges_.pop_back();
  start(merge->draft);
  merge->tier = tier;
  merge->is_finished = false;
  const std::int64_t target = merge->draft.segment->number;
  Code code = store_segment(target, false, 0);
  for (const Segment& source : segments_) {
    // Small steps may have left more than it takes; all of them go, within reason.
    if (merge->sources.size() == 2 * shape_.fan_in || !waits_in(tier, source)) continue;
    if (code == SQLITE_OK) code = store_segment(source->number, true, target);
    merge->sources.push_back(source);
  }
  merges_.push_back(std::move(merge));
  return code;
}

Code IdSegments::advance_merges(std::int64_t ids) {
  for (const auto& merge : merges_) {
    if (const Code code = advance(*merge, ids); code != SQLITE_OK) return code;
  }
  std::erase_if(merges_, [this](auto& merge) {
    if (!merge->is_finished) return false;
    merge->sources.clear();
    idle_merges_.push_back(std::move(merge));
    return true;
  });
  return SQLITE_OK;
}

Code IdSegments::advance(Merge& merge, std::int64_t ids) {
  if (const Code code = place_cursors(merge); code != SQLITE_OK) return code;
  Draft& draft = merge.draft;
  for (; !running_.empty(); --ids) {
    // A step ends with a whole page, so that none is written twice.
    if (ids <= 0 && draft.ids.empty()) {
      return draft.part.pages.empty() ? SQLITE_OK : store_part(*draft.segment, draft.part);
    }
    auto least = running_.begin();
    for (auto each = least + 1; each != running_.end(); ++each) {
      if ((*each)->ids[(*each)->at].id < (*least)->ids[(*least)->at].id) least = each;
    }
    Cursor& cursor = **least;
    Code code = add(draft, cursor.ids[cursor.at]);
    if (code == SQLITE_OK && ++cursor.at == cursor.ids.size()) code = next(cursor);
    if (code != SQLITE_OK) return code;
    if (cursor.at == cursor.ids.size()) running_.erase(least);
  }
  return finish(merge);
}

Code IdSegments::place_cursors(const Merge& merge) {
  running_.clear();
  for (std::size_t i = 0; i < merge.sources.size(); ++i) {
    if (i == cursors_.size()) cursors_.push_back(std::make_unique<Cursor>());
    Cursor& cursor = *cursors_[i];
    cursor.segment = merge.sources[i].get();
    if (const Code code = place(cursor, merge); code != SQLITE_OK) return code;
    if (cursor.at < cursor.ids.size()) running_.push_back(&cursor);
  }
  return SQLITE_OK;
}

/// To the first id that is not in the draft.
Code IdSegments::place(Cursor& cursor, const Merge& merge) {
  const auto& parts = cursor.segment->parts();
  const Draft& draft = merge.draft;
  cursor.part = 0;
  cursor.page = 0;
  cursor.at = 0;
  if (!draft.is_empty) {
    while (cursor.part + 1 < parts.size() && parts[cursor.part]->last <= draft.last) ++cursor.part;
    cursor.page = find_place(parts[cursor.part]->pages, draft.last);
  }
  const IdPageRef page{parts[cursor.part].get(), cursor.page};
  const Code code = statements_->pages.read(*database_, page, cursor.ids);
  if (code != SQLITE_OK || draft.is_empty) return code;
  cursor.at = find_place(cursor.ids, draft.last);
  if (cursor.ids[cursor.at].id <= draft.last) ++cursor.at;
  return cursor.at < cursor.ids.size() ? SQLITE_OK : next(cursor);
}

/// To the next page, if there is one.
Code IdSegments::next(Cursor& cursor) {
  const auto& parts = cursor.segment->parts();
  if (cursor.page + 1 < parts[cursor.part]->pages.size()) {
    ++cursor.page;
  } else if (cursor.part + 1 < parts.size()) {
    ++cursor.part;
    cursor.page = 0;
  } else {
    return SQLITE_OK;
  }
  cursor.at = 0;
  return statements_->pages.read(*database_, {parts[cursor.part].get(), cursor.page}, cursor.ids);
}

Code IdSegments::finish(Merge& merge) {
  Code code = finish(merge.draft);
  std::int64_t ids = 0;
  for (const Segment& source : merge.sources) {
    ids += source->id_count;
    for (Statement* drop : {&statements_->drop_parts, &statements_->drop_segment}) {
      drop->bind(1, source->number);
      if (code == SQLITE_OK) code = drop->run();
    }
    std::erase(segments_, source);
    dropped_.push_back(source);
  }
  if (code == SQLITE_OK && ids != merge.draft.segment->id_count) code = SQLITE_CORRUPT;
  segments_.push_back(std::move(merge.draft.segment));
  merge.is_finished = true;
  return code;
}

}  // namespace eventodb::store::sqlite
