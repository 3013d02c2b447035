#include "store/sqlite/sqlite_open_files.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "store/sqlite/sqlite_id_segments.hpp"

namespace eventodb::store::sqlite {
namespace {

/// Messages of one index step: enough to fill the pages of a sorted batch, few enough to keep the
/// tail moving.
constexpr std::size_t kStepMessagesMax = 32'768;
static_assert(IdShape{}.merge_ids_max >= 2 * std::int64_t{kStepMessagesMax}, "merges keep up");
/// Messages copied or dropped in one hold of the namespace's mutex.
constexpr std::size_t kSliceMessages = 1024;

/// Collects the rows of a step, a slice at a time.
class Collector final : public LogVisitor {
 public:
  explicit Collector(std::vector<IndexRow>& rows) : rows_(rows) {}
  void start_slice() { slice_end_ = std::min(rows_.size() + kSliceMessages, kStepMessagesMax); }

  bool visit(const LogRecord& record) override {
    const MessageView& message = record.message;
    rows_.push_back({.global_position = message.global_position.value,
                     .stream_id = static_cast<std::int64_t>(record.stream_tag),
                     .position = message.position.value,
                     .time_us = message.time.us,
                     .id = message.id,
                     .stream = message.stream,
                     .type = message.type,
                     .correlation = record.correlation});
    return rows_.size() < slice_end_;
  }

 private:
  std::vector<IndexRow>& rows_;
  std::size_t slice_end_ = 0;
};

std::vector<IndexRow> collect(const MessageLog& tail, std::mutex& mutex) {
  std::vector<IndexRow> rows;
  Collector collector(rows);
  for (;;) {
    const std::size_t before = rows.size();
    const std::lock_guard lock(mutex);
    if (before == 0) rows.reserve(std::min(tail.message_count(), kStepMessagesMax));
    collector.start_slice();
    tail.read_records(GlobalPosition{before == 0 ? INT64_MIN : rows.back().global_position + 1},
                      collector);
    if (rows.size() - before < kSliceMessages || rows.size() >= kStepMessagesMax) return rows;
  }
}

}  // namespace

DbResult<std::unique_ptr<OpenFiles>> OpenFiles::open(const NamespacePlace& place,
                                                     bool rebuild_index,
                                                     const Progress& progress) try {
  auto opened = open_as_it_is(place, rebuild_index, progress);
  if (opened || rebuild_index) return opened;
  const Failure& failure = opened.error();
  if (!failure.is_derived || !is_damage(failure.code)) return opened;
  // Found by the steps that catch up, behind the look at the index as a whole.
  spdlog::warn("storage: {}; the index is rebuilt from the log", failure.text);
  return open_as_it_is(place, true, progress);
} catch (const std::exception& error) {
  return Failure{SQLITE_NOMEM, place.directory + ": open: " + error.what()};
}

DbResult<std::unique_ptr<OpenFiles>> OpenFiles::open_as_it_is(const NamespacePlace& place,
                                                              bool rebuild_index,
                                                              const Progress& progress) {
  auto files = std::make_unique<OpenFiles>();
  files->place = place;
  if (auto opened = files->log.open(place.log_path(), place.log_id, place.id, place.options);
      !opened) {
    return opened.error();
  }
  files->log_pages.open(place.log_path());
  if (auto opened = files->index.open(place.index_path(), place.log_id, files->log, rebuild_index,
                                      place.options.checkpoint_pages);
      !opened) {
    return opened.error();
  }
  if (auto done = files->catch_up(progress); !done) return done.error();
  return files;
}

DbResult<void> OpenFiles::catch_up(const Progress& progress) {
  const auto newest = log.newest();
  if (!newest) return newest.error();
  const auto streams = log.last_stream_id();
  if (!streams) return streams.error();
  indexed_up_to = index.state().indexed_up_to;
  ids = index.ids();
  published = {.last_global = newest->exists ? newest->global_position : 0,
               .last_time = Timestamp{newest->exists ? newest->time_us : 0},
               .message_count = index.state().message_count,
               .stream_count = *streams};
  unpublished.reserve(LogFile::kSyncsMax);
  if (newest->exists) {
    if (auto filled = fill_tail(progress); !filled) return filled;
  }
  log_end = published;
  return {};
}

DbResult<void> OpenFiles::fill_tail(const Progress& progress) {
  LogScan scan;
  if (auto started = scan.start(log, indexed_up_to); !started) return started;
  std::mutex nobody_else;
  std::int64_t previous = indexed_up_to;
  for (;;) {
    MessageRow row;
    const auto found = scan.next(row);
    if (!found) return found.error();
    // There may be holes, but damage can put pages where they do not belong.
    const std::int64_t at = *found ? row.message.global_position.value : published.last_global;
    if (*found ? at <= previous : at != previous) {
      return log.failure(SQLITE_CORRUPT, "messages are missing or out of order");
    }
    if (!*found) return {};
    previous = at;
    if (tail.message_count() >= place.options.tail_messages_max / 2 ||
        tail.bytes() >= place.options.tail_bytes_max / 2) {
      const auto indexed = index_step(nobody_else);
      if (!indexed) return indexed.error();
      if (progress) progress(index.state().message_count, published.last_global);
    }
    add_to_tail(row);
  }
}

void OpenFiles::add_to_tail(const MessageRow& row) {
  tail.append(row.message, static_cast<std::uint64_t>(row.stream_id));
  ++published.message_count;
  if (row.stream_id > index.state().last_stream_id) {
    new_streams.add(tail.find_stream(row.message.stream)->name);
  }
}

DbResult<std::size_t> OpenFiles::index_step(std::mutex& mutex) {
  std::vector<IndexRow> rows = collect(tail, mutex);
  if (rows.empty()) return std::size_t{0};
  const std::int64_t last_known_stream = index.state().last_stream_id;
  if (auto written = index.write(rows); !written) return written.error();
  std::sort(rows.begin(), rows.end(), [](const IndexRow& a, const IndexRow& b) {
    return a.global_position < b.global_position;
  });
  const std::lock_guard border(border_mutex);
  if (auto done = index.commit(); !done) return done.error();
  for (std::size_t first = 0; first < rows.size(); first += kSliceMessages) {
    const std::size_t end = std::min(first + kSliceMessages, rows.size());
    const std::lock_guard lock(mutex);
    ids = index.ids();
    for (std::size_t i = first; i < end; ++i) {
      if (rows[i].stream_id > last_known_stream) new_streams.erase(rows[i].stream);
    }
    tail.drop_up_to(GlobalPosition{rows[end - 1].global_position});
    indexed_up_to = rows[end - 1].global_position;
  }
  return rows.size();
}

DbResult<bool> OpenFiles::close(bool orderly) {
  idle_readers.clear();
  lookup = IndexReader();
  if (!orderly) {
    index.close_without_checkpoint();
    log.close_without_checkpoint();
    return false;
  }
  std::mutex nobody_else;
  bool is_complete = true;
  while (is_complete && !tail.empty()) {
    const auto step = index_step(nobody_else);
    is_complete = step.has_value();
    if (!step) spdlog::warn("storage: {}", step.error().text);  // it catches up at the next open
  }
  is_complete = index.close() && is_complete;
  if (const Code code = log.checkpoint(); code != SQLITE_OK) {
    Failure failure = log.failure(code, "checkpoint");
    spdlog::error("storage: {}", failure.text);
    log.close_without_checkpoint();
    return failure;
  }
  log.close();
  return is_complete;
}

}  // namespace eventodb::store::sqlite
