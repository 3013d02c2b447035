#include "store/sqlite/sqlite_heads.hpp"

namespace eventodb::store::sqlite {

HeadCache::Entry* HeadCache::find(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  found->second->referenced = true;
  return found->second;
}

HeadCache::Entry& HeadCache::insert(std::string_view name, StreamHead head, std::uint64_t batch) {
  Entry& entry = free_entry(batch);
  entry.name = name;
  entry.head = head;
  entry.planned = head;
  entry.batch = batch;
  entry.referenced = true;
  by_name_.emplace(entry.name, &entry);
  return entry;
}

HeadCache::Entry& HeadCache::free_entry(std::uint64_t batch) {
  if (entries_.size() < entries_max_) return entries_.emplace_back();
  for (std::size_t seen = 0; seen < 2 * entries_.size(); ++seen) {
    Entry& entry = entries_[hand_];
    hand_ = (hand_ + 1) % entries_.size();
    if (entry.batch == batch) continue;
    if (entry.referenced) {
      entry.referenced = false;
      continue;
    }
    by_name_.erase(entry.name);
    return entry;
  }
  return entries_.emplace_back();  // one batch uses them all
}

}  // namespace eventodb::store::sqlite
