#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "base/logging.hpp"
#include "core/refusals.hpp"
#include "store/sqlite/sqlite_append_batch.hpp"
#include "store/sqlite/sqlite_errors.hpp"
#include "store/sqlite/sqlite_namespace.hpp"
#include "store/sqlite/sqlite_store_parts.hpp"

// The life of an append: into the queue on its I/O thread, out of it in a batch on a writer thread,
// one transaction, one sync, into the tail, and home. One thread at a time writes; while it waits
// for the sync another one may write the next batch.
namespace eventodb::store::sqlite {
namespace {

std::size_t bytes_of(const NewMessage& message) {
  return message.stream.size() + message.type.size() + message.data.size() +
         message.metadata.size();
}

Error overloaded_error() {
  return {ErrorCode::kOverloaded, "Too many appends are waiting in this namespace", {}};
}

/// Where there is no memory for its text: what follows from a failure must happen.
Failure failure_of(const LogFile& log, Code code) {
  try {
    return log.failure(code, "append");
  } catch (const std::bad_alloc&) {
    return {code, "no memory"};  // short enough to need none
  }
}

/// One transaction. `is_known` stays true when a failure left nothing behind for certain.
DbResult<void> write_messages(LogFile& log, std::span<const AppendBatch::Message> messages,
                              bool& is_known) {
  Code code = log.begin();
  if (code == SQLITE_OK) code = log.insert(messages);
  if (code == SQLITE_OK) {
    code = log.commit();
    // A full disk stops the commit record itself; any other failure may have come after it.
    is_known = code == SQLITE_OK || is_disk_full(code);
  }
  if (code == SQLITE_OK) return {};
  if (is_sync_failure(code)) is_known = false;
  Failure failure = failure_of(log, code);
  log.rollback();
  return failure;
}

}  // namespace

PendingAppends::PendingAppends(SqliteNamespace& owner, std::span<Append> wanted)
    : ns(owner), appends(wanted) {
  for (const Append& append : appends) {
    messages += append.messages.size();
    for (const NewMessage& message : append.messages) bytes += bytes_of(message);
  }
}

void PendingAppends::fail(const Error& error) {
  for (Append& append : appends) append.outcome = error;
}

Awaitable<Result<void>> SqliteNamespace::append(std::span<const NewMessage> messages,
                                                std::span<WrittenMessage> written) {
  Append append{messages, written};
  PendingAppends pending(*this, std::span(&append, 1));
  co_await pending.suspend_until_turn_ends(&SqliteNamespace::enqueue);
  co_return std::move(append.outcome);
}

Awaitable<void> SqliteNamespace::append_each(std::span<Append> appends) {
  PendingAppends pending(*this, appends);
  co_await pending.suspend_until_turn_ends(&SqliteNamespace::enqueue);
}

/// The appends in front that are for one namespace, under one lock.
base::ThreadHop* SqliteNamespace::enqueue(base::ThreadHop* chain) {
  SqliteNamespace& ns = static_cast<PendingAppends*>(chain)->ns;
  ns.touched_.store(true, std::memory_order_relaxed);
  base::ThreadHop* refused = nullptr;
  {
    const std::lock_guard lock(ns.mutex_);
    while (chain != nullptr && chain->leaves_by(&SqliteNamespace::enqueue)) {
      auto& pending = static_cast<PendingAppends&>(*chain);
      if (&pending.ns != &ns) break;
      chain = pending.next_hop;
      if (ns.enqueue_locked(pending)) continue;
      pending.next_hop = refused;
      refused = &pending;
    }
    if (ns.pending_first_ != nullptr) {
      if (ns.state_ == State::kOpen) {
        ns.schedule_writer_locked();
      } else {
        ns.start_opening_locked();
      }
    }
  }
  base::ThreadHop::finish_all(refused);
  return chain;
}

bool SqliteNamespace::enqueue_locked(PendingAppends& pending) {
  const bool fits =
      pending_count_ == 0 ||
      (pending_count_ + pending.appends.size() <= parts_.options.pending_appends_max &&
       pending_bytes_ + pending.bytes <= parts_.options.pending_append_bytes_max);
  if (state_ == State::kDeleted) {
    pending.fail(unknown_namespace(id()));
  } else if (parts_.is_read_only.load(std::memory_order_relaxed)) {
    pending.fail(read_only_error());
  } else if (!fits) {
    pending.fail(overloaded_error());
  } else {
    pending.next_hop = nullptr;
    if (pending_first_ == nullptr) {
      pending_first_ = &pending;
    } else {
      pending_last_->next_hop = &pending;
    }
    pending_last_ = &pending;
    pending_count_ += pending.appends.size();
    pending_bytes_ += pending.bytes;
    return true;
  }
  return false;
}

void SqliteNamespace::schedule_writer_locked() {
  if (writer_scheduled_ || state_ != State::kOpen || !may_write_beside_syncs_locked()) return;
  if (writer_waits_for_index_ && files_->tail_is_full() && !index_is_stuck_) return;
  writer_waits_for_index_ = false;
  writer_scheduled_ = true;
  parts_.writers.push(writer_job_);
}

bool SqliteNamespace::may_write_beside_syncs_locked() const {
  if (is_syncing_.none()) return true;
  return !is_syncing_.all() && sync_time_ >= parts_.options.slow_sync &&
         pending_count_ >= syncing_appends_;
}

void SqliteNamespace::take_pending_locked(AppendBatch& batch) {
  batch.clear();
  std::size_t messages = 0;
  std::size_t bytes = 0;
  while (pending_first_ != nullptr) {
    PendingAppends& pending = *pending_first_;
    const bool fits = messages + pending.messages <= parts_.options.commit_messages_max &&
                      bytes + pending.bytes <= parts_.options.commit_bytes_max;
    if (messages != 0 && !fits) break;
    messages += pending.messages;
    bytes += pending.bytes;
    pending_first_ = static_cast<PendingAppends*>(pending.next_hop);
    pending_count_ -= pending.appends.size();
    pending_bytes_ -= pending.bytes;
    batch.add(pending);
  }
}

void SqliteNamespace::requeue_locked(AppendBatch& batch) {
  const auto pending = batch.pending();
  for (auto at = pending.rbegin(); at != pending.rend(); ++at) {
    if (pending_first_ == nullptr) pending_last_ = *at;
    (*at)->next_hop = pending_first_;
    pending_first_ = *at;
    pending_count_ += (*at)->appends.size();
    pending_bytes_ += (*at)->bytes;
  }
}

void SqliteNamespace::fail_pending(const Error& error) {
  PendingAppends* first = nullptr;
  {
    const std::lock_guard lock(mutex_);
    first = std::exchange(pending_first_, nullptr);
    pending_count_ = 0;
    pending_bytes_ = 0;
  }
  for (auto* each = first; each != nullptr; each = static_cast<PendingAppends*>(each->next_hop)) {
    each->fail(error);
  }
  base::ThreadHop::finish_all(first);
}

void SqliteNamespace::run_writer() noexcept {
  thread_local AppendBatch batch;
  std::unique_lock lock(mutex_);
  bool is_writer = true;  // this thread is the one that writer_scheduled_ stands for
  while (is_writer && begin_batch(batch, lock)) {
    OpenFiles& files = *files_;
    ++users_;
    const Written written = write_batch(batch, files, lock);
    if (written == Written::kInLog && files.log.must_sync()) {
      is_writer = false;
      sync_batch(batch, files, lock);
    } else if (written == Written::kInLog) {
      publish_up_to_locked(batch, files);
    }
    lock.unlock();
    send_home(batch, written);
    lock.lock();
    --users_;
    is_writer = goes_on_writing_locked(is_writer);
  }
  if (is_writer) writer_scheduled_ = false;
  after_use_locked();
}

void SqliteNamespace::send_home(AppendBatch& batch, Written written) noexcept {
  if (written == Written::kInLog && !batch.messages().empty()) notify_listeners();
  if (written != Written::kRequeued) base::ThreadHop::finish_all(batch.chain());
}

bool SqliteNamespace::goes_on_writing_locked(bool is_writer) {
  if (!is_writer && !writer_scheduled_ && may_write_beside_syncs_locked()) {
    is_writer = writer_scheduled_ = true;
  }
  if (!is_writer || !parts_.writers.has_queued()) return is_writer;
  // Others wait: to the end of their line.
  writer_scheduled_ = false;
  if (pending_first_ != nullptr) schedule_writer_locked();
  return false;
}

bool SqliteNamespace::begin_batch(AppendBatch& batch, std::unique_lock<std::mutex>& lock) {
  if (state_ != State::kOpen) return false;
  OpenFiles& files = *files_;
  if (files.log.is_upkeep_due()) {
    lock.unlock();
    const bool is_sound = keep_up(files);
    lock.lock();
    if (!is_sound) files.has_failed_sync = true;
  }
  if (state_ != State::kOpen || pending_first_ == nullptr || waits_for_index_locked()) return false;
  take_pending_locked(batch);
  return true;
}

bool SqliteNamespace::waits_for_index_locked() {
  if (!files_->tail_is_full() || index_is_stuck_) return false;
  writer_waits_for_index_ = true;
  schedule_index_locked();
  return true;
}

SqliteNamespace::Written SqliteNamespace::put_back_locked(AppendBatch& batch) {
  if (state_ == State::kDeleted) {
    batch.fail_all(unknown_namespace(id()));
    return Written::kNothing;
  }
  requeue_locked(batch);
  return Written::kRequeued;
}

std::optional<SqliteNamespace::Written> SqliteNamespace::plan_batch(
    AppendBatch& batch, OpenFiles& files, std::unique_lock<std::mutex>& lock) {
  if (files.tail_is_full()) {  // and the index cannot take it over
    batch.fail_all({ErrorCode::kBackendError, "The index cannot be written", {}});
    return Written::kNothing;
  }
  if (auto planned = batch.plan(files, lock); !planned) {
    const Failure& failure = planned.error();
    if (!is_damage(failure.code) || !failure.is_derived || !may_rebuild()) {
      batch.fail_all(storage_error(failure));
      return Written::kNothing;
    }
    const Written written = put_back_locked(batch);
    start_rebuild_locked(failure);
    return written;
  }
  if (rebuild_index_) {  // what was published meanwhile is in no tail: its retries were not found
    batch.revert();
    return put_back_locked(batch);
  }
  // Nothing may rest on what a failed sync left behind, before these files were opened or since.
  if (parts_.is_read_only.load()) {
    batch.revert();
    batch.fail_all(read_only_error());
    return Written::kNothing;
  }
  return std::nullopt;
}

SqliteNamespace::Written SqliteNamespace::write_batch(AppendBatch& batch, OpenFiles& files,
                                                      std::unique_lock<std::mutex>& lock) {
  try {
    if (const auto ended = plan_batch(batch, files, lock)) return *ended;
    if (!batch.messages().empty()) {
      lock.unlock();
      auto written = insert_batch(batch, files);
      lock.lock();
      if (!written) {
        batch.revert();
        batch.fail_all(written.error());
        return Written::kNothing;
      }
      files.log_end = batch.end();
    } else if (files.unpublished.empty()) {
      return Written::kNothing;
    }  // else: what was refused, or stored before, may rest on what is not durable yet
    files.unpublished.push_back(&batch);
    return Written::kInLog;
  } catch (const std::exception& error) {
    if (!lock.owns_lock()) lock.lock();
    spdlog::error("storage: append: {}", base::loggable(error.what()));
    batch.revert();
    batch.fail_all(out_of_memory_error());
    return Written::kNothing;
  }
}

Result<void> SqliteNamespace::insert_batch(AppendBatch& batch, OpenFiles& files) {
  if (parts_.is_read_only.load()) return read_only_error();
  if (auto noted = note_dirty(files); !noted) return noted;
  bool is_known = true;
  const auto written = write_messages(files.log, batch.messages(), is_known);
  if (written) return {};
  if (!is_known) parts_.is_read_only.store(true);
  return storage_error(written.error());
}

void SqliteNamespace::sync_batch(AppendBatch& batch, OpenFiles& files,
                                 std::unique_lock<std::mutex>& lock) {
  const std::size_t number = free_sync_locked();
  is_syncing_.set(number);
  syncing_appends_ += batch.append_count();
  writer_scheduled_ = false;
  if (pending_first_ != nullptr) schedule_writer_locked();
  lock.unlock();
  const auto start = std::chrono::steady_clock::now();
  const Code code = files.log.sync(number);
  const auto time = std::chrono::steady_clock::now() - start;
  lock.lock();
  sync_time_ += (time - sync_time_) / kSyncTimeWeight;
  is_syncing_.reset(number);
  syncing_appends_ -= batch.append_count();
  if (code == SQLITE_OK && !files.has_failed_sync) {
    publish_up_to_locked(batch, files);
    return;
  }
  // The heads stay as planned: a batch behind this one builds on them. It fails, too, and no other
  // is written.
  parts_.is_read_only.store(true);
  files.has_failed_sync = true;
  const char* why = code == SQLITE_OK ? "the one before failed" : sqlite3_errstr(code);
  const Error error = storage_error({SQLITE_IOERR_FSYNC, place_.log_path() + ": sync: " + why});
  // Published: one that began later has succeeded, and covers it.
  const bool is_published = std::erase(files.unpublished, &batch) == 0;
  if (!is_published) batch.fail_all(error);
}

Result<void> SqliteNamespace::note_dirty(OpenFiles& files) {
  if (!row_.is_clean) return {};
  if (auto noted = parts_.registry.set_count(row_.serial, files.log_end.message_count, false);
      !noted) {
    if (is_sync_failure(noted.error().code)) parts_.is_read_only.store(true);
    return storage_error(noted.error());
  }
  const std::lock_guard lock(mutex_);
  row_.is_clean = false;
  return {};
}

void SqliteNamespace::publish_up_to_locked(AppendBatch& newest, OpenFiles& files) {
  const auto end = std::find(files.unpublished.begin(), files.unpublished.end(), &newest);
  if (end == files.unpublished.end()) return;  // a sync that began later has ended before
  for (auto batch = files.unpublished.begin(); batch <= end; ++batch)
    publish_locked(**batch, files);
  files.unpublished.erase(files.unpublished.begin(), end + 1);
}

void SqliteNamespace::publish_locked(AppendBatch& batch, OpenFiles& files) {
  if (batch.messages().empty() || rebuild_index_) return;  // then the files are read again
  try {
    for (const AppendBatch::Message& message : batch.messages()) {
      files.tail.append(message.view, static_cast<std::uint64_t>(message.stream_id));
      if (!message.is_new_stream) continue;
      files.new_streams.add(files.tail.find_stream(message.view.stream)->name);
    }
    files.published = batch.end();
    batch.accept_heads();
    schedule_index_locked();
  } catch (const std::bad_alloc&) {
    // The messages are stored; memory is not what the files are. Read it from them again.
    start_rebuild_locked({SQLITE_NOMEM, "no memory", true});
  }
}

bool SqliteNamespace::keep_up(OpenFiles& files) {
  if (parts_.is_read_only.load()) return true;
  files.log.keep_wal_ahead();
  if (!files.log.is_checkpoint_due()) return true;
  const Code code = files.log.checkpoint();
  if (code == SQLITE_OK) return true;
  parts_.is_read_only.store(true);
  spdlog::error("storage: {}", files.log.failure(code, "checkpoint").text);
  return false;
}

}  // namespace eventodb::store::sqlite
