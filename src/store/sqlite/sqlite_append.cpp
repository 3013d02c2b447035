#include <spdlog/spdlog.h>

#include <exception>

#include "base/logging.hpp"
#include "core/refusals.hpp"
#include "store/sqlite/sqlite_append_batch.hpp"
#include "store/sqlite/sqlite_errors.hpp"
#include "store/sqlite/sqlite_namespace.hpp"
#include "store/sqlite/sqlite_store_parts.hpp"

// The life of an append: into the queue on its I/O thread, out of it in a batch on a writer thread,
// one transaction, into the tail, and home.
namespace eventodb::store::sqlite {
namespace {

std::size_t bytes_of(const NewMessage& message) {
  return message.stream.size() + message.type.size() + message.data.size() +
         message.metadata.size();
}

Error overloaded_error() {
  return {ErrorCode::kOverloaded, "Too many appends are waiting in this namespace", {}};
}

/// A sync that failed is not to be trusted again, wherever it happened.
bool is_sync_failure(Code code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
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
  Failure failure = log.failure(code, "append");
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
  if (writer_scheduled_ || state_ != State::kOpen) return;
  if (writer_waits_for_index_ && files_->tail_is_full() && !index_is_stuck_) return;
  writer_waits_for_index_ = false;
  writer_scheduled_ = true;
  parts_.writers.push(writer_job_);
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
  do {
    std::unique_lock lock(mutex_);
    if (state_ != State::kOpen || pending_first_ == nullptr || waits_for_index_locked()) {
      writer_scheduled_ = false;
      after_use_locked();
      return;
    }
    take_pending_locked(batch);
    OpenFiles& files = *files_;
    const bool is_taken = commit_batch(batch, files, lock);
    lock.unlock();
    if (is_taken) base::ThreadHop::finish_all(batch.chain());
    checkpoint_log(files);
  } while (!parts_.writers.has_queued());
  // Others wait for a thread: to the end of their line.
  const std::lock_guard lock(mutex_);
  writer_scheduled_ = false;
  if (pending_first_ != nullptr) schedule_writer_locked();
  after_use_locked();
}

bool SqliteNamespace::waits_for_index_locked() {
  if (!files_->tail_is_full() || index_is_stuck_) return false;
  writer_waits_for_index_ = true;
  schedule_index_locked();
  return true;
}

bool SqliteNamespace::commit_batch(AppendBatch& batch, OpenFiles& files,
                                   std::unique_lock<std::mutex>& lock) {
  try {
    if (files.tail_is_full()) {  // and the index cannot take it over
      batch.fail_all({ErrorCode::kBackendError, "The index cannot be written", {}});
      return true;
    }
    if (auto planned = batch.plan(files, lock); !planned) {
      if (is_damage(planned.error().code) && planned.error().is_derived && may_rebuild()) {
        requeue_locked(batch);
        start_rebuild_locked(planned.error());
        return false;
      }
      batch.fail_all(storage_error(planned.error()));
      return true;
    }
    if (batch.messages().empty()) return true;
    lock.unlock();
    auto written = write_batch(batch, files);
    lock.lock();
    if (!written) {
      batch.revert();
      batch.fail_all(written.error());
      return true;
    }
    publish_locked(batch, files);
  } catch (const std::exception& error) {
    if (!lock.owns_lock()) lock.lock();
    spdlog::error("storage: append: {}", base::loggable(error.what()));
    batch.revert();
    batch.fail_all(out_of_memory_error());
    return true;
  }
  lock.unlock();
  notify_listeners();
  lock.lock();
  return true;
}

Result<void> SqliteNamespace::write_batch(AppendBatch& batch, OpenFiles& files) {
  if (parts_.is_read_only.load()) return read_only_error();
  if (auto noted = note_dirty(files); !noted) return noted;
  bool is_known = true;
  const auto written = write_messages(files.log, batch.messages(), is_known);
  if (written) return {};
  if (!is_known) parts_.is_read_only.store(true);
  return storage_error(written.error());
}

Result<void> SqliteNamespace::note_dirty(OpenFiles& files) {
  if (!row_.is_clean) return {};
  if (auto noted = parts_.registry.set_count(row_.serial, files.message_count, false); !noted) {
    if (is_sync_failure(noted.error().code)) parts_.is_read_only.store(true);
    return storage_error(noted.error());
  }
  const std::lock_guard lock(mutex_);
  row_.is_clean = false;
  return {};
}

void SqliteNamespace::publish_locked(AppendBatch& batch, OpenFiles& files) {
  try {
    for (const AppendBatch::Message& message : batch.messages()) {
      files.tail.append(message.view, static_cast<std::uint64_t>(message.stream_id));
      if (!message.is_new_stream) continue;
      files.new_streams.add(files.tail.find_stream(message.view.stream)->name);
      files.stream_count = message.stream_id;
    }
    const MessageView& last = batch.messages().back().view;
    files.last_global = last.global_position.value;
    files.last_time = last.time;
    files.message_count += static_cast<std::int64_t>(batch.messages().size());
    batch.accept_heads();
    schedule_index_locked();
  } catch (const std::bad_alloc&) {
    // The messages are stored; memory is not what the files are. Read it from them again.
    start_rebuild_locked({SQLITE_NOMEM, "no memory for the newest messages", true});
  }
}

void SqliteNamespace::checkpoint_log(OpenFiles& files) {
  if (parts_.is_read_only.load()) return;
  files.log.keep_wal_ahead();
  if (!files.log.is_checkpoint_due()) return;
  if (const Code code = files.log.checkpoint(); code != SQLITE_OK) {
    spdlog::error("storage: {}", files.log.failure(code, "checkpoint").text);
    parts_.is_read_only.store(true);
  }
}

}  // namespace eventodb::store::sqlite
