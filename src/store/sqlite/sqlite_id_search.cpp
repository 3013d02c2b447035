#include "store/sqlite/sqlite_id_search.hpp"

#include <algorithm>
#include <utility>

#include "base/prefetch.hpp"

namespace eventodb::store::sqlite {

void IdSearch::clear() {
  ids_.clear();
  directory_.reset();
  end_ = 0;
  found_.clear();
  pages_.clear();
}

void IdSearch::run(std::shared_ptr<const IdDirectory> directory, std::size_t first,
                   std::size_t count) {
  directory_ = std::move(directory);
  end_ = first + std::min(count, ids_.size() - first);
  found_.clear();
  pages_.clear();
  for (; first < end_; first += kTogether) look_for(first, std::min(first + kTogether, end_));
  std::ranges::sort(found_, {}, &Found::id);
  for (const Found& found : found_) pages_.push_back(found.page);
}

void IdSearch::look_for(std::size_t first, std::size_t end) {
  std::size_t count = 0;
  for (std::size_t i = first; i < end; ++i) {
    if (directory_->last < ids_[i]) continue;  // as ids that ascend are
    wanted_[count].number = i;
    wanted_[count].id = ids_[i];
    wanted_[count++].probe = IdFilter::Probe(IdFilter::hash(ids_[i]));
  }
  looks_.clear();
  for (const auto& each : directory_->segments) {
    const IdSegment& segment = *each;
    for (std::size_t i = 0; i < count; ++i) {
      const Wanted& wanted = wanted_[i];
      if (!segment.spans(wanted.id)) continue;
      const std::size_t part = segment.part_of(wanted.id);
      const IdFilter::Block& block = segment.filter(part).block_of(wanted.probe);
      base::prefetch_line(&block);
      looks_.push_back(
          {&block, &segment, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(i)});
    }
  }
  for (const Look& look : looks_) {
    const Wanted& wanted = wanted_[look.wanted];
    if (!look.block->may_have(wanted.probe)) continue;
    const IdPart* part = look.segment->parts()[look.part].get();
    found_.push_back({wanted.number, {part, find_place(part->pages, wanted.id)}});
  }
}

std::span<const IdPageRef> IdSearch::pages_of(std::size_t id) const {
  const auto of_id = std::ranges::equal_range(found_, id, {}, &Found::id);
  return {pages_.data() + (of_id.begin() - found_.begin()), of_id.size()};
}

}  // namespace eventodb::store::sqlite
