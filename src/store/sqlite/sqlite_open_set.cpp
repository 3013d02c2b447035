#include <algorithm>

#include "store/sqlite/sqlite_namespace.hpp"
#include "store/sqlite/sqlite_store_parts.hpp"

namespace eventodb::store::sqlite {

std::shared_ptr<SqliteNamespace> OpenSet::next_candidate() {
  const std::lock_guard lock(mutex_);
  if (open_.size() < open_max_) return nullptr;
  hand_ = (hand_ + 1) % open_.size();
  return open_[hand_];
}

void OpenSet::make_room() {
  // Two rounds: the first takes the mark of those used since the last one.
  for (std::size_t tries = 0; tries < 2 * open_max_; ++tries) {
    const auto candidate = next_candidate();
    if (candidate == nullptr) return;
    if (!candidate->take_touched()) candidate->close_if_idle();
  }
}

void OpenSet::add(std::shared_ptr<SqliteNamespace> ns) {
  const std::lock_guard lock(mutex_);
  open_.push_back(std::move(ns));
}

void OpenSet::remove(const SqliteNamespace& ns) {
  std::shared_ptr<SqliteNamespace> removed;  // released without the lock
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(open_.begin(), open_.end(),
                               [&ns](const auto& each) { return each.get() == &ns; });
  if (at == open_.end()) return;
  removed = std::move(*at);
  open_.erase(at);
}

}  // namespace eventodb::store::sqlite
