#pragma once

#include <algorithm>
#include <cstdint>

#include "eventodb/store.hpp"
#include "store/log/message_log.hpp"
#include "store/sqlite/sqlite_readers.hpp"

// What reads of streams and of categories have in common.
namespace eventodb::store::sqlite {

/// Messages rendered in one hold of the namespace's mutex.
inline constexpr std::int64_t kReadSliceMessages = 256;
inline std::int64_t slice_of(std::int64_t remaining, std::int64_t rows_left) {
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
inline Failure mismatch(const IndexReader& index) {
  return index.failure(SQLITE_CORRUPT);
}

/// A snapshot of one file for the time of a read.
template <class Reader>
class Snapshot {
 public:
  explicit Snapshot(Reader& reader) : reader_(reader), code_(reader.begin()) {}
  ~Snapshot() { reader_.end(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  Code code() const { return code_; }

 private:
  Reader& reader_;
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

}  // namespace eventodb::store::sqlite
