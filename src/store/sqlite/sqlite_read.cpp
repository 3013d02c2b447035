#include <algorithm>
#include <array>
#include <span>

#include "store/sqlite/sqlite_read_parts.hpp"
#include "store/sqlite/sqlite_read_task.hpp"

namespace eventodb::store::sqlite {
namespace {

/// A read that goes on for longer is a scan: most of it is not read again soon.
constexpr std::int64_t kCachedPerRead = 256;

/// A scan that knows what comes next, so that the disk can be asked for several messages at once.
class ScanAhead {
 public:
  explicit ScanAhead(PairScan& scan) : scan_(scan) {}

  /// As PairScan::step(). Looks `wanted` messages ahead, or as many as it can.
  [[nodiscard]] Code step(std::int64_t wanted) {
    if (++at_ < size_) return SQLITE_ROW;
    at_ = 0;
    size_ = 0;
    is_expected_ = false;
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(wanted, 1));
    while (size_ < std::min(most, pairs_.size()) && ended_ == SQLITE_ROW) {
      ended_ = scan_.step();
      if (ended_ == SQLITE_ROW) pairs_[size_++] = scan_.pair();
    }
    return size_ != 0 ? SQLITE_ROW : ended_;
  }
  /// REQUIRES: step() returned SQLITE_ROW.
  const Pair& pair() const { return pairs_[at_]; }

  /// Once for what is known to come: the log is told what will be fetched of it.
  void expect(LogReader& log, const RowPages& pages) {
    if (is_expected_ || !log.waits_for_disk()) return;
    is_expected_ = true;
    std::array<RowPlace, kAheadMax> places;
    std::transform(pairs_.begin() + at_, pairs_.begin() + size_, places.begin(),
                   [](const Pair& pair) { return RowPlace{.row_id = pair.second}; });
    log.expect(std::span(places).first(size_ - at_), pages);
  }

 private:
  static constexpr std::size_t kAheadMax = 32;

  PairScan& scan_;
  std::array<Pair, kAheadMax> pairs_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  bool is_expected_ = false;
  Code ended_ = SQLITE_ROW;  // what the scan's last step returned
};

}  // namespace

// --- one stream --------------------------------------------------------------------------------

bool StreamRead::needs_index(const OpenFiles& files,
                             const std::optional<MessageLog::StreamHead>& in_tail) const {
  if (searched_up_to_ >= files.indexed_up_to) return false;
  if (in_tail && cursor_.next >= in_tail->first) return false;
  return !cursor_.from_global || cursor_.from_global->value <= files.indexed_up_to;
}

ReadTask::Memory StreamRead::look_in_memory(OpenFiles& files) {
  state_ = ReadState::kDone;
  if (cursor_.remaining == 0) return Memory::kAnswered;
  cursor_.next = std::max(cursor_.next, Position{0});
  const auto* known = files.heads.find(cursor_.stream);
  if (known != nullptr && known->head.version < cursor_.next.value) return Memory::kAnswered;
  const auto in_tail = files.tail.find_stream(cursor_.stream);
  if (needs_index(files, in_tail)) {
    if (known == nullptr || cursor_.from_global) return Memory::kNeedsFiles;
    const std::int64_t end = in_tail ? in_tail->first.value : known->head.version + 1;
    const Memory cached = read_cached(files, known->head.stream_id, end);
    // The tail follows without a gap: it starts where the index ends.
    if (cached != Memory::kAgain || cursor_.next.value < end) return cached;
  }
  if (!in_tail) return Memory::kAnswered;
  const bool again =
      read_slice(cursor_, visitor_, state_, &MessageLog::read_stream, files.tail, rows_left_);
  return again ? Memory::kAgain : Memory::kAnswered;
}

ReadTask::Memory StreamRead::read_cached(OpenFiles& files, std::int64_t stream_id,
                                         std::int64_t end) {
  if (rows_left_ == 0) {
    state_ = ReadState::kMore;
    return Memory::kAnswered;
  }
  const std::int64_t start = cursor_.next.value;
  const std::int64_t slice_end = std::min(end, start + slice_of(-1, rows_left_));
  const auto ended = cache().read(files.cache_owner, stream_id, cursor_, slice_end, visitor_);
  rows_left_ -= cursor_.next.value - start;
  switch (ended) {
    case MessageCache::End::kNotHeld:
      return Memory::kNeedsFiles;
    case MessageCache::End::kStopped:
      if (cursor_.remaining != 0) state_ = ReadState::kMore;
      return Memory::kAnswered;
    case MessageCache::End::kReached:
      break;
  }
  return Memory::kAgain;
}

DbResult<void> StreamRead::read_files(OpenFiles& files, ReadFiles& readers) {
  const auto head = readers.index.find_stream(cursor_.stream);
  if (!head) return head.error();
  note_head(files, cursor_.stream, *head);
  std::int64_t from = cursor_.next.value;
  if (head->stream_id != 0 && cursor_.from_global) {
    const auto first = readers.index.message_from(head->stream_id, from, head->version,
                                                  cursor_.from_global->value);
    if (!first) return first.error();
    from = *first ? (*first)->position : head->version + 1;
  }
  if (head->stream_id != 0 && from <= head->version) {
    auto scan = readers.index.scan_stream(head->stream_id, from);
    if (!scan) return scan.error();
    const ResetAtEnd reset((*scan)->rows());
    cursor_.next = Position{from};
    if (auto done = deliver(files, *head, **scan, readers); !done) return done;
  }
  searched_up_to_ = border_;
  return {};
}

DbResult<void> StreamRead::deliver(OpenFiles& files, const StreamHead& head, PairScan& scan,
                                   ReadFiles& readers) {
  const std::int64_t cached_end = cursor_.next.value + kCachedPerRead;
  const Snapshot snapshot(readers.log);
  if (snapshot.code() != SQLITE_OK) return readers.log.failure(snapshot.code());
  ScanAhead ahead(scan);
  for (;; --rows_left_) {
    const std::int64_t wanted = cursor_.remaining < 0 ? rows_left_ : cursor_.remaining;
    const Code code = ahead.step(std::min(wanted, rows_left_));
    if (code != SQLITE_DONE && code != SQLITE_ROW) return readers.index.failure(code);
    // Positions have no holes: one that is missing here is missing from the index.
    if (code == SQLITE_DONE && cursor_.next.value <= head.version) return mismatch(readers.index);
    if (code == SQLITE_DONE || ahead.pair().second > border_) return {};
    if (ahead.pair().first != cursor_.next.value) return mismatch(readers.index);
    if (rows_left_ == 0) {
      state_ = ReadState::kMore;
      answered();
      return {};
    }
    ahead.expect(readers.log, files.log_pages);
    MessageRow row;
    const auto found = readers.log.fetch(ahead.pair().second, row);
    if (!found) return found.error();
    if (!*found || row.stream_id != head.stream_id || row.message.position != cursor_.next) {
      return mismatch(readers.index);
    }
    if (cursor_.next.value < cached_end) {
      cache().add(files.cache_owner, head.stream_id, row.message);
    }
    ++cursor_.next.value;
    if (!hand_over(cursor_, visitor_, row.message, state_)) {
      answered();
      return {};
    }
  }
}

// --- single answers ----------------------------------------------------------------------------

ReadTask::Memory LastRead::look_in_memory(OpenFiles& files) {
  if (const auto message = files.tail.find_last(stream_, type_)) {
    is_found_ = true;
    visitor_.visit(*message);
    return Memory::kAnswered;
  }
  if (files.indexed_up_to < 0) return Memory::kAnswered;
  const auto* known = files.heads.find(stream_);
  if (known == nullptr) return Memory::kNeedsFiles;
  if (known->head.version < 0) return Memory::kAnswered;
  // Any type: the last message; not in the tail, so it is indexed. What has a type of its own is
  // somewhere before.
  if (!type_.empty()) return Memory::kNeedsFiles;
  StreamCursor last{.stream = stream_, .next = Position{known->head.version}, .remaining = 1};
  is_found_ = cache().read(files.cache_owner, known->head.stream_id, last, known->head.version + 1,
                           visitor_) == MessageCache::End::kStopped;
  return is_found_ ? Memory::kAnswered : Memory::kNeedsFiles;
}

DbResult<void> LastRead::read_files(OpenFiles& files, ReadFiles& readers) {
  answered();
  const auto head = readers.index.find_stream(stream_);
  if (!head) return head.error();
  note_head(files, stream_, *head);
  if (head->stream_id == 0) return {};
  std::int64_t at = 0;
  if (type_.empty()) {
    auto scan = readers.index.scan_stream(head->stream_id, head->version);
    if (!scan) return scan.error();
    const ResetAtEnd reset((*scan)->rows());
    const Code code = (*scan)->step();
    if (code == SQLITE_DONE) return mismatch(readers.index);
    if (code != SQLITE_ROW) return readers.index.failure(code);
    at = (*scan)->pair().second;
  } else {
    const auto found = readers.index.find_type(head->stream_id, type_);
    if (!found) return found.error();
    if (!*found) return {};
    at = **found;
  }
  MessageRow row;
  const Snapshot snapshot(readers.log);
  const auto found = readers.log.fetch(at, row);
  if (!found) return found.error();
  if (!*found || row.stream_id != head->stream_id ||
      (!type_.empty() && row.message.type != type_)) {
    return mismatch(readers.index);
  }
  is_found_ = true;
  if (type_.empty()) cache().add(files.cache_owner, head->stream_id, row.message);
  visitor_.visit(row.message);
  return {};
}

ReadTask::Memory VersionRead::look_in_memory(OpenFiles& files) {
  if (const auto* known = files.heads.find(stream_)) {
    version_ = known->head.version;
    return Memory::kAnswered;
  }
  if (const auto in_tail = files.tail.find_stream(stream_)) {
    version_ = in_tail->last.value;
    return Memory::kAnswered;
  }
  return files.indexed_up_to < 0 ? Memory::kAnswered : Memory::kNeedsFiles;
}

DbResult<void> VersionRead::read_files(OpenFiles& files, ReadFiles& readers) {
  const auto head = readers.index.find_stream(stream_);
  if (!head) return head.error();
  note_head(files, stream_, *head);
  version_ = head->version;
  answered();
  return {};
}

ReadTask::Memory InfoRead::look_in_memory(OpenFiles& files) {
  info_ = {files.published.message_count, files.published.stream_count, std::nullopt};
  if (files.published.message_count != 0) info_.last_activity = files.published.last_time;
  head_ = GlobalPosition{files.published.last_global};
  return Memory::kAnswered;
}

DbResult<void> InfoRead::read_files(OpenFiles&, ReadFiles&) {
  answered();  // not reached: memory always answers
  return {};
}

}  // namespace eventodb::store::sqlite
