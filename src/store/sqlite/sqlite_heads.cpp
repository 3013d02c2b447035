#include "store/sqlite/sqlite_heads.hpp"

#include "base/memory_figures.hpp"

namespace eventodb::store::sqlite {

namespace {

void hold(std::int64_t entries, std::int64_t bytes) {
  base::hold_memory(base::MemoryKind::kStreamHeads, entries, bytes);
}

}  // namespace

HeadCache::~HeadCache() {
  std::size_t bytes = 0;
  for (const Entry& entry : entries_) bytes += sizeof(entry) + entry.name.capacity();
  hold(-static_cast<std::int64_t>(entries_.size()), -static_cast<std::int64_t>(bytes));
}

HeadCache::Entry* HeadCache::find(std::string_view name) {
  const auto found = by_name_.find(name);
  base::count_memory_use(base::MemoryKind::kStreamHeads, found != by_name_.end());
  if (found == by_name_.end()) return nullptr;
  found->second->referenced = true;
  return found->second;
}

HeadCache::Entry& HeadCache::insert(std::string_view name, StreamHead head, std::uint64_t batch) {
  Entry& entry = free_entry();
  const std::size_t room = entry.name.capacity();
  entry.name = name;
  hold(0, static_cast<std::int64_t>(entry.name.capacity() - room));
  entry.head = head;
  entry.planned = head;
  entry.batch = batch;
  entry.referenced = false;  // what is used only once goes first
  by_name_.emplace(entry.name, &entry);
  return entry;
}

HeadCache::Entry& HeadCache::free_entry() {
  if (entries_.size() < entries_max_) return add_entry();
  for (std::size_t seen = 0; seen < 2 * entries_.size(); ++seen) {
    Entry& entry = entries_[hand_];
    hand_ = (hand_ + 1) % entries_.size();
    if (entry.batch >= kept_from_) continue;
    if (entry.referenced) {
      entry.referenced = false;
      continue;
    }
    // An entry whose insert() threw has a name that another one may have by now.
    const auto at = by_name_.find(entry.name);
    if (at != by_name_.end() && at->second == &entry) by_name_.erase(at);
    return entry;
  }
  return add_entry();
}

HeadCache::Entry& HeadCache::add_entry() {
  Entry& entry = entries_.emplace_back();
  hold(1, static_cast<std::int64_t>(sizeof(Entry) + entry.name.capacity()));
  return entry;
}

}  // namespace eventodb::store::sqlite
