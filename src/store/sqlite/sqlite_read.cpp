#include <algorithm>

#include "eventodb/limits.hpp"
#include "store/sqlite/sqlite_read_task.hpp"

namespace eventodb::store::sqlite {
namespace {

/// Messages rendered in one hold of the namespace's mutex.
constexpr std::int64_t kReadSliceMessages = 256;
/// A read that goes on for longer is a scan: most of it is not read again soon.
constexpr std::int64_t kCachedPerRead = 256;

std::int64_t slice_of(std::int64_t remaining, std::int64_t rows_left) {
  const std::int64_t slice = std::min(kReadSliceMessages, rows_left);
  return remaining < 0 ? slice : std::min(remaining, slice);
}

/// Remembers whether the reader asked for a pause.
class PauseWatch final : public MessageVisitor {
 public:
  explicit PauseWatch(MessageVisitor& visitor) : visitor_(visitor) {}
  bool visit(const MessageView& message) override {
    is_paused_ = !visitor_.visit(message);
    return !is_paused_;
  }
  bool is_paused() const { return is_paused_; }

 private:
  MessageVisitor& visitor_;
  bool is_paused_ = false;
};

/// Reads a slice of the tail and moves the cursor; whether to ask again for the next slice.
template <class Cursor>
bool read_slice(Cursor& cursor, MessageVisitor& visitor, ReadState& state,
                ReadState (MessageLog::*read)(Cursor&, MessageVisitor&) const,
                const MessageLog& tail, std::int64_t& rows_left) {
  state = ReadState::kMore;
  if (rows_left == 0) return false;
  PauseWatch watch(visitor);
  Cursor slice = cursor;
  const std::int64_t wanted = slice_of(cursor.remaining, rows_left);
  slice.remaining = wanted;
  state = (tail.*read)(slice, watch);
  const std::int64_t delivered = wanted - slice.remaining;
  rows_left -= delivered;
  cursor.next = slice.next;
  if (cursor.remaining >= 0) cursor.remaining -= delivered;
  if (cursor.remaining != 0 && watch.is_paused()) state = ReadState::kMore;
  return slice.remaining == 0 && cursor.remaining != 0 && !watch.is_paused();
}

/// The index names a message that the log does not have there.
Failure mismatch(const IndexReader& index) {
  return index.failure(SQLITE_CORRUPT);
}

/// A snapshot of the log for the time of a read.
class LogSnapshot {
 public:
  explicit LogSnapshot(LogReader& log) : log_(log), code_(log.begin()) {}
  ~LogSnapshot() { log_.end(); }
  LogSnapshot(const LogSnapshot&) = delete;
  LogSnapshot& operator=(const LogSnapshot&) = delete;
  Code code() const { return code_; }

 private:
  LogReader& log_;
  Code code_;
};

/// Hands a message over; whether the read goes on. `state` is set when it does not.
template <class Cursor>
bool hand_over(Cursor& cursor, MessageVisitor& visitor, const MessageView& message,
               ReadState& state) {
  if (cursor.remaining > 0) --cursor.remaining;
  const bool wants_more = visitor.visit(message);
  if (wants_more && cursor.remaining != 0) return true;
  state = cursor.remaining == 0 ? ReadState::kDone : ReadState::kMore;
  return false;
}

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
    const auto first = readers.index.first_position_from(head->stream_id, from, head->version,
                                                         cursor_.from_global->value);
    if (!first) return first.error();
    from = first->value_or(head->version + 1);
  }
  if (head->stream_id != 0 && from <= head->version) {
    auto scan = readers.index.scan_stream(head->stream_id, from);
    if (!scan) return scan.error();
    const ResetAtEnd reset(**scan);
    cursor_.next = Position{from};
    if (auto done = deliver(files, *head, **scan, readers); !done) return done;
  }
  searched_up_to_ = border_;
  return {};
}

DbResult<void> StreamRead::deliver(OpenFiles& files, const StreamHead& head, Statement& scan,
                                   ReadFiles& readers) {
  const std::int64_t cached_end = cursor_.next.value + kCachedPerRead;
  const LogSnapshot snapshot(readers.log);
  if (snapshot.code() != SQLITE_OK) return readers.log.failure(snapshot.code());
  for (;; --rows_left_) {
    const Code code = scan.step();
    if (code != SQLITE_DONE && code != SQLITE_ROW) return readers.index.failure(code);
    // Positions have no holes: one that is missing here is missing from the index.
    if (code == SQLITE_DONE && cursor_.next.value <= head.version) return mismatch(readers.index);
    if (code == SQLITE_DONE || scan.integer(1) > border_) return {};
    if (scan.integer(0) != cursor_.next.value) return mismatch(readers.index);
    if (rows_left_ == 0) {
      state_ = ReadState::kMore;
      answered();
      return {};
    }
    MessageRow row;
    const auto found = readers.log.fetch(scan.integer(1), row);
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

// --- categories --------------------------------------------------------------------------------

ReadTask::Memory CategoryRead::look_in_memory(OpenFiles& files) {
  if (cursor_.remaining == 0) return Memory::kAnswered;
  if (cursor_.next.value <= files.indexed_up_to) return Memory::kNeedsFiles;
  if (cursor_.group && rows_left_ < kRowsMax) {  // the tail scans for a group: in a call of its own
    state_ = ReadState::kMore;
    return Memory::kAnswered;
  }
  const bool again =
      read_slice(cursor_, visitor_, state_, &MessageLog::read_category, files.tail, rows_left_);
  return again ? Memory::kAgain : Memory::kAnswered;
}

DbResult<Statement*> CategoryRead::start_scan(ReadFiles& readers) const {
  IndexReader& index = readers.index;
  const std::int64_t from = cursor_.next.value;
  if (scans_log()) return readers.log.scan(from, border_);
  std::optional<std::int64_t> category;
  if (!cursor_.category.empty()) {
    const auto found = index.find_category(cursor_.category);
    if (!found) return found.error();
    if (!*found) return nullptr;
    category = *found;
  }
  if (cursor_.correlation.empty()) return index.scan_category(*category, from, border_);
  const auto correlation = index.find_correlation(cursor_.correlation);
  if (!correlation) return correlation.error();
  if (!*correlation) return nullptr;
  if (category) return index.scan_correlation(**correlation, *category, from, border_);
  return index.scan_correlation(**correlation, from, border_);
}

DbResult<void> CategoryRead::read_files(OpenFiles&, ReadFiles& readers) {
  const LogSnapshot snapshot(readers.log);
  if (snapshot.code() != SQLITE_OK) return readers.log.failure(snapshot.code());
  auto scan = start_scan(readers);
  if (!scan) return scan.error();
  if (*scan == nullptr) {
    cursor_.next = GlobalPosition{border_ + 1};
    return {};
  }
  const ResetAtEnd reset(**scan);
  return deliver(**scan, readers);
}

DbResult<bool> CategoryRead::is_wanted(std::int64_t stream_id, IndexReader& index) const {
  if (!cursor_.group) return true;
  const auto hash = index.group_hash(stream_id);
  if (!hash) return hash.error();
  return is_member(*hash, *cursor_.group);
}

DbResult<void> CategoryRead::deliver(Statement& scan, ReadFiles& readers) {
  for (;; --rows_left_) {
    const Code code = scan.step();
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
      return scans_log() ? readers.log.failure(code) : readers.index.failure(code);
    }
    if (code == SQLITE_DONE) {
      cursor_.next = GlobalPosition{border_ + 1};
      return {};
    }
    cursor_.next = GlobalPosition{scan.integer(0)};
    if (rows_left_ == 0) {
      state_ = ReadState::kMore;
      answered();
      return {};
    }
    const std::int64_t stream_id = scan.integer(1);
    const auto wanted = is_wanted(stream_id, readers.index);
    if (!wanted) return wanted.error();
    ++cursor_.next.value;
    if (!*wanted) continue;
    MessageRow row;
    const auto found = readers.log.fetch(cursor_.next.value - 1, row);
    if (!found) return found.error();
    const bool fits =
        *found && row.stream_id == stream_id &&
        (cursor_.category.empty() || category_of(row.message.stream) == cursor_.category);
    if (!fits) return mismatch(readers.index);
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
    const ResetAtEnd reset(**scan);
    const Code code = (*scan)->step();
    if (code == SQLITE_DONE) return mismatch(readers.index);
    if (code != SQLITE_ROW) return readers.index.failure(code);
    at = (*scan)->integer(1);
  } else {
    const auto found = readers.index.find_type(head->stream_id, type_);
    if (!found) return found.error();
    if (!*found) return {};
    at = **found;
  }
  MessageRow row;
  const LogSnapshot snapshot(readers.log);
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
  info_ = {files.message_count, files.stream_count, std::nullopt};
  if (files.message_count != 0) info_.last_activity = files.last_time;
  head_ = GlobalPosition{files.last_global};
  return Memory::kAnswered;
}

DbResult<void> InfoRead::read_files(OpenFiles&, ReadFiles&) {
  answered();  // not reached: memory always answers
  return {};
}

}  // namespace eventodb::store::sqlite
