#include "store/sqlite/sqlite_namespace.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/refusals.hpp"
#include "store/sqlite/sqlite_errors.hpp"
#include "store/sqlite/sqlite_store_parts.hpp"

namespace eventodb::store::sqlite {

/// A coroutine that waits until the files are open, or cannot be opened.
class SqliteNamespace::OpenWaiter : public base::ThreadHop {
 public:
  Result<void> result;
};

SqliteNamespace::SqliteNamespace(StoreParts& parts, RegistryRow row)
    : parts_(parts),
      row_(std::move(row)),
      place_{parts.namespaces_directory + "/" + row_.directory, row_.id, row_.log_id,
             parts.options.file_options()} {}

SqliteNamespace::~SqliteNamespace() = default;

TokenHash SqliteNamespace::token_hash() const {
  const std::lock_guard lock(token_mutex_);
  return row_.token_hash;
}

void SqliteNamespace::set_token_hash(const TokenHash& hash) {
  const std::lock_guard lock(token_mutex_);
  row_.token_hash = hash;
}

bool SqliteNamespace::is_deleted() const {
  return is_deleted_.load(std::memory_order_acquire);
}

// --- opening and closing -----------------------------------------------------------------------

Awaitable<Result<void>> SqliteNamespace::ensure_open() {
  OpenWaiter waiter;
  co_await waiter.suspend([this, &waiter] { wait_for_open(waiter); });
  co_return std::move(waiter.result);
}

void SqliteNamespace::wait_for_open(OpenWaiter& waiter) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kOpen && state_ != State::kDeleted) {
      waiter.next_hop = waiters_;
      waiters_ = &waiter;
      start_opening_locked();
      return;
    }
    if (state_ == State::kDeleted) waiter.result = unknown_namespace(id());
  }
  waiter.finish();
}

void SqliteNamespace::start_opening_locked() {
  if (state_ != State::kClosed) return;
  state_ = State::kOpening;
  if (opener_scheduled_) return;  // run_opener() looks again before it ends
  opener_scheduled_ = true;
  parts_.openers.push(opener_job_);
}

void SqliteNamespace::run_opener() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (state_ == State::kClosing && is_idle_locked()) {
      auto files = std::move(files_);
      lock.unlock();
      close_files(std::move(files));
      lock.lock();
      if (state_ != State::kClosing) continue;
      state_ = waiters_ != nullptr || pending_first_ != nullptr ? State::kOpening : State::kClosed;
    } else if (state_ == State::kOpening) {
      lock.unlock();
      open_files();
      lock.lock();
    } else {
      break;
    }
  }
  opener_scheduled_ = false;
  changed_.notify_all();
}

void SqliteNamespace::open_files() {
  parts_.open_set.make_room();
  const auto progress = [this](std::int64_t indexed, std::int64_t total) {
    spdlog::info("storage: namespace {}: indexed {} of {} messages", row_.serial, indexed, total);
  };
  auto opened = OpenFiles::open(place_, rebuild_index_, progress);
  OpenWaiter* waiters = nullptr;
  Result<void> result;
  {
    const std::lock_guard lock(mutex_);
    waiters = std::exchange(waiters_, nullptr);
    if (state_ == State::kDeleted) {
      result = unknown_namespace(id());
    } else if (opened) {
      state_ = State::kOpen;
      rebuild_index_ = false;
      last_open_failure_.clear();
      files_ = std::move(*opened);
      files_->cache_owner = parts_.message_cache.add_owner();
      parts_.open_set.add(shared_from_this());
      if (pending_first_ != nullptr) schedule_writer_locked();
      schedule_index_locked();
    } else {
      state_ = State::kClosed;
      // Also of the index: here nothing tells the two apart.
      if (is_sync_failure(opened.error().code)) parts_.is_read_only.store(true);
      if (opened.error().text != last_open_failure_) {
        last_open_failure_ = opened.error().text;
        spdlog::error("storage: {}", last_open_failure_);
      }
      result = client_error(opened.error());
    }
  }
  if (opened && !result) (*opened)->close(false);  // deleted meanwhile
  if (!result) fail_pending(result.error());
  finish_waiters(waiters, result);
}

void SqliteNamespace::finish_waiters(OpenWaiter* first, const Result<void>& result) {
  for (OpenWaiter* waiter = first; waiter != nullptr;
       waiter = static_cast<OpenWaiter*>(waiter->next_hop)) {
    waiter->result = result;
  }
  base::ThreadHop::finish_all(first);
}

void SqliteNamespace::close_files(std::unique_ptr<OpenFiles> files) {
  parts_.indexers.cancel(index_job_);
  parts_.open_set.remove(*this);
  parts_.message_cache.forget(files->cache_owner);
  const std::int64_t count = files->published.message_count;
  const bool orderly = !parts_.is_read_only.load() && !rebuild_index_;
  const auto closed = files->close(orderly);
  if (!closed) parts_.is_read_only.store(true);
  bool is_noted = false;
  {
    const std::lock_guard lock(mutex_);
    index_work_ = IndexWork::kNone;
    index_is_stuck_ = false;
    is_noted = row_.is_clean;
  }
  if (!closed || !orderly || is_noted) return;
  if (auto noted = parts_.registry.set_count(row_.serial, count, true); !noted) {
    spdlog::warn("storage: {}", noted.error().text);  // it is counted when next asked for
    if (is_sync_failure(noted.error().code)) parts_.is_read_only.store(true);
    return;
  }
  const std::lock_guard lock(mutex_);
  row_.message_count = count;
  row_.is_clean = true;
}

bool SqliteNamespace::close_if_idle() {
  std::unique_ptr<OpenFiles> files;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kOpen || opener_scheduled_ || !is_idle_locked() ||
        pending_first_ != nullptr) {
      return false;
    }
    state_ = State::kClosing;
    opener_scheduled_ = true;
    files = std::move(files_);
  }
  close_files(std::move(files));
  const std::lock_guard lock(mutex_);
  opener_scheduled_ = false;
  if (state_ == State::kClosing) state_ = State::kClosed;
  if (state_ == State::kClosed && (waiters_ != nullptr || pending_first_ != nullptr)) {
    start_opening_locked();
  }
  changed_.notify_all();
  return true;
}

void SqliteNamespace::after_use_locked() {
  if (!is_idle_locked()) return;
  if (state_ == State::kClosing && !opener_scheduled_) {
    opener_scheduled_ = true;
    parts_.openers.push(opener_job_);
  }
  changed_.notify_all();
}

void SqliteNamespace::release_use() {
  const std::lock_guard lock(mutex_);
  --users_;
  after_use_locked();
}

void SqliteNamespace::start_rebuild_locked(const Failure& failure) {
  if (state_ != State::kOpen) return;
  spdlog::error("storage: {}; the index is rebuilt from the log", failure.text);
  ++rebuilds_;
  rebuild_index_ = true;
  state_ = State::kClosing;
}

// --- for the store -----------------------------------------------------------------------------

Result<std::int64_t> SqliteNamespace::count_messages() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (state_ == State::kDeleted) return unknown_namespace(id());
    if (state_ == State::kOpen) return files_->published.message_count;
    if (state_ == State::kClosed && row_.is_clean) return row_.message_count;
    const bool was_asked = opener_scheduled_;
    start_opening_locked();
    changed_.wait(lock, [this] { return !opener_scheduled_ && state_ != State::kClosing; });
    if (!was_asked && state_ == State::kClosed && !row_.is_clean) {
      return Error{ErrorCode::kBackendError, "a namespace cannot be opened", {}};
    }
  }
}

std::int64_t SqliteNamespace::mark_deleted() {
  std::unique_ptr<OpenFiles> files;
  OpenWaiter* waiters = nullptr;
  std::int64_t count = 0;
  {
    std::unique_lock lock(mutex_);
    state_ = State::kDeleted;
    is_deleted_.store(true, std::memory_order_release);
    waiters = std::exchange(waiters_, nullptr);
    lock.unlock();
    fail_pending(unknown_namespace(id()));
    finish_waiters(waiters, unknown_namespace(id()));
    lock.lock();
    changed_.wait(lock, [this] { return is_idle_locked() && !opener_scheduled_; });
    files = std::move(files_);
    count = files != nullptr ? files->published.message_count : row_.message_count;
  }
  if (files != nullptr) {
    parts_.indexers.cancel(index_job_);
    parts_.open_set.remove(*this);
    parts_.message_cache.forget(files->cache_owner);
    files->close(false);
  }
  const std::lock_guard lock(listeners_mutex_);
  for (HeadListener* listener : listeners_) listener->ended();
  listeners_.clear();
  return count;
}

void SqliteNamespace::shut_down() {
  {
    const std::lock_guard lock(listeners_mutex_);
    for (HeadListener* listener : listeners_) listener->ended();
    listeners_.clear();
  }
  if (files_ == nullptr) return;
  state_ = State::kClosing;
  close_files(std::move(files_));
  state_ = State::kClosed;
}

// --- indexing ----------------------------------------------------------------------------------

void SqliteNamespace::schedule_index_locked() {
  if (state_ != State::kOpen || index_work_ == IndexWork::kNow || files_->tail.empty()) return;
  if (!index_is_stuck_ && files_->index_is_due()) {
    index_work_ = IndexWork::kNow;
    parts_.indexers.push_now(index_job_);
  } else if (index_work_ == IndexWork::kNone) {
    index_work_ = IndexWork::kLater;
    parts_.indexers.push_later(index_job_);
  }
}

void SqliteNamespace::run_index() noexcept {
  OpenFiles* files = nullptr;
  {
    const std::lock_guard lock(mutex_);
    // Queued again after another thread had taken it and before that one got here: it looks again
    // at its end.
    if (index_runs_) return;
    if (state_ != State::kOpen) {
      index_work_ = IndexWork::kNone;
      return;
    }
    index_runs_ = true;
    index_work_ = IndexWork::kNow;  // what commits meanwhile is seen at the end
    files = files_.get();
    ++users_;
  }
  DbResult<void> done;
  try {
    const auto step = files->index_step(mutex_);
    done = step ? files->index.checkpoint_when_due() : DbResult<void>(step.error());
  } catch (const std::exception& error) {
    done = Failure{SQLITE_NOMEM, place_.index_path() + ": " + error.what(), true};
  }
  const std::lock_guard lock(mutex_);
  --users_;
  index_runs_ = false;
  index_work_ = IndexWork::kNone;
  if (!done && !index_is_stuck_) spdlog::warn("storage: {}", done.error().text);
  index_is_stuck_ = !done;
  if (!done && is_damage(done.error().code) && may_rebuild()) {
    start_rebuild_locked(done.error());
  }
  if (writer_waits_for_index_ && pending_first_ != nullptr) schedule_writer_locked();
  schedule_index_locked();
  after_use_locked();
}

// --- listeners ---------------------------------------------------------------------------------

void SqliteNamespace::watch(HeadListener& listener) {
  bool ended = false;
  {
    const std::lock_guard lock(listeners_mutex_);
    ended = is_deleted();
    if (!ended) listeners_.push_back(&listener);
  }
  if (ended) listener.ended();
}

void SqliteNamespace::unwatch(HeadListener& listener) {
  const std::lock_guard lock(listeners_mutex_);
  std::erase(listeners_, &listener);
}

void SqliteNamespace::notify_listeners() noexcept {
  const std::lock_guard lock(listeners_mutex_);
  for (HeadListener* listener : listeners_) listener->head_moved();
}

}  // namespace eventodb::store::sqlite
