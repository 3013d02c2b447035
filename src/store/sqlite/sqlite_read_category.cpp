#include <algorithm>

#include "store/sqlite/sqlite_read_parts.hpp"
#include "store/sqlite/sqlite_read_task.hpp"

namespace eventodb::store::sqlite {
namespace {

/// Messages of other members that may be passed over for each one delivered.
constexpr std::int64_t kPassedPerMessage = 32;
/// Streams that a merge keeps.
constexpr std::int64_t kHeadsMax = 1024;

/// What finding a member's streams costs, in rows of a scan: each stream is looked at, and for the
/// member's own, of which there should be one in `group_size`, the place to start is searched.
std::int64_t price_of_merge(std::int64_t streams, std::int64_t group_size) {
  return 256 + streams / 4 + 8 * streams / group_size;
}

}  // namespace

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

DbResult<void> CategoryRead::read_files(OpenFiles& files, ReadFiles& readers) {
  // What was found in an index that has been rebuilt since, or is about to be, is not to be
  // trusted.
  if (merged_owner_ != files.cache_owner) merge_.reset();
  merged_owner_ = files.cache_owner;
  auto done = read_step(readers);
  if (!done) merge_.reset();
  return done;
}

DbResult<void> CategoryRead::read_step(ReadFiles& readers) {
  const Snapshot snapshot(readers.log);
  if (snapshot.code() != SQLITE_OK) return readers.log.failure(snapshot.code());
  std::optional<std::int64_t> category;
  if (!cursor_.category.empty()) {
    const auto found = readers.index.find_category(cursor_.category);
    if (!found) return found.error();
    if (!*found) {
      cursor_.next = GlobalPosition{border_ + 1};
      return {};
    }
    category = *found;
  }
  if (cursor_.group && cursor_.correlation.empty()) {
    const auto streams = readers.index.count_streams(category);
    if (!streams) return streams.error();
    pass_over_max_ = price_of_merge(*streams, cursor_.group->size);
    if (merge_ || cursor_.passed_over >= pass_over_max_) return merge(category, readers);
  }
  return scan(category, readers);
}

DbResult<void> CategoryRead::scan(std::optional<std::int64_t> category, ReadFiles& readers) {
  auto scan = start_scan(category, readers);
  if (!scan) return scan.error();
  if (*scan == nullptr) {
    cursor_.next = GlobalPosition{border_ + 1};
    return {};
  }
  const ResetAtEnd reset((*scan)->rows());
  return deliver(**scan, readers);
}

DbResult<PairScan*> CategoryRead::start_scan(std::optional<std::int64_t> category,
                                             ReadFiles& readers) const {
  IndexReader& index = readers.index;
  const std::int64_t from = cursor_.next.value;
  if (scans_messages()) return readers.log.scan_messages(from, border_);
  if (scans_log()) return readers.log.scan(from, border_);
  if (cursor_.correlation.empty()) return index.scan_category(*category, from, border_);
  const auto correlation = index.find_correlation(cursor_.correlation);
  if (!correlation) return correlation.error();
  if (!*correlation) return nullptr;
  if (category) return index.scan_correlation(**correlation, *category, from, border_);
  return index.scan_correlation(**correlation, from, border_);
}

DbResult<bool> CategoryRead::is_wanted(std::int64_t stream_id, IndexReader& index) const {
  if (!cursor_.group) return true;
  const auto hash = index.group_hash(stream_id);
  if (!hash) return hash.error();
  return is_member(*hash, *cursor_.group);
}

DbResult<void> CategoryRead::deliver(PairScan& scan, ReadFiles& readers) {
  for (;; --rows_left_) {
    const Code code = scan.step();
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
      return scans_log() ? readers.log.failure(code) : readers.index.failure(code);
    }
    if (code == SQLITE_DONE) {
      cursor_.next = GlobalPosition{border_ + 1};
      return {};
    }
    cursor_.next = GlobalPosition{scan.pair().first};
    if (rows_left_ == 0) {
      state_ = ReadState::kMore;
      answered();
      return {};
    }
    const std::int64_t stream_id = scan.pair().second;
    const auto wanted = is_wanted(stream_id, readers.index);
    if (!wanted) return wanted.error();
    if (!*wanted) {
      ++cursor_.next.value;
      if (++cursor_.passed_over >= pass_over_max_) return {};
      continue;
    }
    cursor_.passed_over = std::max<std::int64_t>(cursor_.passed_over - kPassedPerMessage, 0);
    const auto goes_on = scans_messages() ? hand_over_from(scan.rows(), readers)
                                          : fetch_and_hand_over(stream_id, readers);
    if (!goes_on) return goes_on.error();
    if (!*goes_on) return {};
  }
}

DbResult<void> CategoryRead::merge(std::optional<std::int64_t> category, ReadFiles& readers) {
  const Snapshot snapshot(readers.index);
  if (snapshot.code() != SQLITE_OK) return readers.index.failure(snapshot.code());
  if (!merge_ || merge_->from() != cursor_.next.value) {
    const auto heads = cursor_.remaining < 0 ? kHeadsMax : std::min(cursor_.remaining, kHeadsMax);
    merge_.emplace(cursor_.next.value, border_, static_cast<std::size_t>(heads));
    rows_left_ = kRowsMax;
    cursor_.passed_over = 0;  // the next one is to be paid for by as much scanning again
  }
  const auto found_all = merge_->find_streams(readers.index, category, *cursor_.group);
  if (!found_all) return found_all.error();
  if (!*found_all) return {};  // others have their turn, then this goes on
  for (; const auto* head = merge_->head(); --rows_left_) {
    cursor_.next = GlobalPosition{head->global_position};
    if (rows_left_ == 0) {
      state_ = ReadState::kMore;
      answered();
      return {};
    }
    const auto goes_on = fetch_and_hand_over(head->stream_id, readers);
    if (!goes_on) return goes_on.error();
    if (!*goes_on) return {};
    if (auto moved = merge_->advance(readers.index); !moved) return moved;
  }
  cursor_.next = GlobalPosition{merge_->end()};
  if (merge_->end() <= merge_->to()) {
    state_ = ReadState::kMore;
    answered();
  }
  merge_.reset();
  return {};
}

DbResult<bool> CategoryRead::fetch_and_hand_over(std::int64_t stream_id, ReadFiles& readers) {
  MessageRow row;
  const auto found = readers.log.fetch(cursor_.next.value, row);
  if (!found) return found.error();
  const bool fits =
      *found && row.stream_id == stream_id &&
      (cursor_.category.empty() || category_of(row.message.stream) == cursor_.category);
  if (!fits) return mismatch(readers.index);  // the cursor stays: it is read again after a rebuild
  ++cursor_.next.value;
  if (hand_over(cursor_, visitor_, row.message, state_)) return true;
  answered();
  return false;
}

DbResult<bool> CategoryRead::hand_over_from(const Statement& scan, ReadFiles& readers) {
  const auto row = readers.log.row_of(scan);
  if (!row) return row.error();
  ++cursor_.next.value;
  if (hand_over(cursor_, visitor_, row->message, state_)) return true;
  answered();
  return false;
}

}  // namespace eventodb::store::sqlite
