#include "store/sqlite/sqlite_read_task.hpp"

#include <exception>

#include "core/refusals.hpp"
#include "store/sqlite/sqlite_errors.hpp"
#include "store/sqlite/sqlite_store_parts.hpp"

namespace eventodb::store::sqlite {
namespace {

/// Pairs of read connections a namespace keeps between reads.
constexpr std::size_t kIdleReadersMax = 2;

}  // namespace

ReadTask::Look ReadTask::look() {
  ns_.touched_.store(true, std::memory_order_relaxed);
  must_retry_ = false;
  for (;;) {
    const std::lock_guard lock(ns_.mutex_);
    if (ns_.state_ == SqliteNamespace::State::kDeleted) return Look::kDeleted;
    if (ns_.state_ != SqliteNamespace::State::kOpen) return Look::kClosed;
    files_ = ns_.files_.get();
    switch (look_in_memory(*files_)) {
      case Memory::kAnswered:
        return Look::kAnswered;
      case Memory::kAgain:
        break;
      case Memory::kNeedsFiles:
        border_ = files_->indexed_up_to;
        ++ns_.users_;
        return Look::kNeedsFiles;
    }
  }
}

MessageCache& ReadTask::cache() const {
  return ns_.parts_.message_cache;
}

void ReadTask::note_head(OpenFiles& files, std::string_view stream, StreamHead indexed) {
  const std::lock_guard lock(ns_.mutex_);
  // While the border stands where it stood at the look, what the index does not know of the stream
  // is in the tail.
  if (files.indexed_up_to != border_ || files.heads.find(stream) != nullptr) return;
  if (const auto in_tail = files.tail.find_stream(stream)) {
    indexed = {static_cast<std::int64_t>(in_tail->tag), in_tail->last.value};
  }
  files.heads.insert(stream, indexed, 0);
}

void ReadTask::run() noexcept {
  failure_.reset();
  try {
    if (auto done = read(); !done) failure_ = done.error();
  } catch (const std::exception& error) {
    failure_ = Failure{SQLITE_NOMEM, ns_.place_.directory + ": " + error.what(), false};
  }
  if (failure_ && failure_->is_derived && is_damage(failure_->code)) {
    const std::lock_guard lock(ns_.mutex_);
    must_retry_ = ns_.state_ != SqliteNamespace::State::kOpen || ns_.may_rebuild();
    if (must_retry_) ns_.start_rebuild_locked(*failure_);
  }
  ns_.release_use();
  finish();
}

DbResult<void> ReadTask::read() {
  auto readers = ns_.take_readers(*files_);
  if (!readers) return readers.error();
  auto done = read_files(*files_, **readers);
  if (done) ns_.give_back(*files_, std::move(*readers));  // after a failure they start afresh
  return done;
}

DbResult<std::unique_ptr<ReadFiles>> SqliteNamespace::take_readers(OpenFiles& files) {
  {
    const std::lock_guard lock(mutex_);
    if (!files.idle_readers.empty()) {
      auto readers = std::move(files.idle_readers.back());
      files.idle_readers.pop_back();
      readers->spare = {};
      return readers;
    }
  }
  auto readers = std::make_unique<ReadFiles>();
  if (auto opened = readers->index.open(place_.index_path()); !opened) {
    Failure failure = opened.error();
    failure.is_derived = true;
    // Removed below a running server: as good as damaged.
    if (!exists(place_.index_path())) failure.code = SQLITE_CORRUPT;
    return failure;
  }
  if (auto opened = readers->log.open(place_.log_path(), files.log.seed()); !opened) {
    return opened.error();
  }
  return readers;
}

void SqliteNamespace::give_back(OpenFiles& files, std::unique_ptr<ReadFiles> readers) {
  const std::lock_guard lock(mutex_);
  const bool is_spare = files.idle_readers.size() >= kIdleReadersMax;
  if (is_spare) readers->spare = parts_.spare_readers.take();
  if (!is_spare || readers->spare) files.idle_readers.push_back(std::move(readers));
}

Awaitable<Result<void>> SqliteNamespace::perform(ReadTask& task) {
  for (;;) {
    switch (task.look()) {
      case ReadTask::Look::kAnswered:
        co_return Result<void>();
      case ReadTask::Look::kDeleted:
        co_return unknown_namespace(id());
      case ReadTask::Look::kClosed:
        if (auto opened = co_await ensure_open(); !opened) co_return opened;
        break;
      case ReadTask::Look::kNeedsFiles:
        co_await task.suspend([this, &task] { parts_.readers.push(task); });
        if (task.must_retry()) break;
        if (task.failure()) co_return storage_error(*task.failure());
        if (task.is_answered()) co_return Result<void>();
        break;
    }
  }
}

Awaitable<Result<ReadState>> SqliteNamespace::read_stream(StreamCursor& cursor,
                                                          MessageVisitor& visitor) {
  StreamRead task(*this, cursor, visitor);
  if (auto done = co_await perform(task); !done) co_return done.error();
  co_return task.state();
}

Awaitable<Result<ReadState>> SqliteNamespace::read_category(CategoryCursor& cursor,
                                                            MessageVisitor& visitor) {
  CategoryRead task(*this, cursor, visitor);
  if (auto done = co_await perform(task); !done) co_return done.error();
  co_return task.state();
}

Awaitable<Result<bool>> SqliteNamespace::read_last(std::string_view stream, std::string_view type,
                                                   MessageVisitor& visitor) {
  LastRead task(*this, stream, type, visitor);
  if (auto done = co_await perform(task); !done) co_return done.error();
  co_return task.is_found();
}

Awaitable<Result<std::optional<Position>>> SqliteNamespace::stream_version(
    std::string_view stream) {
  VersionRead task(*this, stream);
  if (auto done = co_await perform(task); !done) co_return done.error();
  std::optional<Position> version;
  if (task.version() >= 0) version = Position{task.version()};
  co_return version;
}

Awaitable<Result<NamespaceInfo>> SqliteNamespace::info() {
  InfoRead task(*this);
  if (auto done = co_await perform(task); !done) co_return done.error();
  co_return task.info();
}

Awaitable<Result<GlobalPosition>> SqliteNamespace::head() {
  InfoRead task(*this);
  if (auto done = co_await perform(task); !done) co_return done.error();
  co_return task.head();
}

Awaitable<Result<void>> SqliteNamespace::list_streams(std::string_view prefix,
                                                      std::string_view after, std::int64_t limit,
                                                      StreamInfoVisitor& visitor) {
  StreamList task(*this, prefix, after, limit, visitor);
  co_return co_await perform(task);
}

Awaitable<Result<void>> SqliteNamespace::list_categories(CategoryInfoVisitor& visitor) {
  CategoryList task(*this, visitor);
  co_return co_await perform(task);
}

}  // namespace eventodb::store::sqlite
