#pragma once

#include <deque>
#include <string>
#include <vector>

#include "store/log/message_log.hpp"
#include "support/owned_message.hpp"

namespace eventodb::store {

/// A message with what the log is told or finds out beside it.
struct ModelMessage : test::OwnedMessage {
  using OwnedMessage::OwnedMessage;

  std::string correlation;  // category that metadata names, by the test's own knowledge
  std::uint64_t tag = 0;
};

/// Reads to the end, however many calls it takes.
inline void read_all(const MessageLog& log, StreamCursor cursor,
                     test::MessageCollector& collector) {
  while (log.read_stream(cursor, collector) == ReadState::kMore) {
  }
}
inline void read_all(const MessageLog& log, CategoryCursor cursor,
                     test::MessageCollector& collector) {
  while (log.read_category(cursor, collector) == ReadState::kMore) {
  }
}

/// What a MessageLog should do, done by scanning everything.
class LogModel {
 public:
  std::deque<ModelMessage> messages;

  std::vector<const ModelMessage*> stream(const StreamCursor& cursor) const {
    return select(cursor.remaining, [&](const ModelMessage& m) {
      return m.stream == cursor.stream && m.position >= cursor.next &&
             (!cursor.from_global || m.global_position >= *cursor.from_global);
    });
  }

  std::vector<const ModelMessage*> category(const CategoryCursor& cursor) const {
    return select(cursor.remaining, [&](const ModelMessage& m) {
      return m.global_position >= cursor.next &&
             (cursor.category.empty() || category_of(m.stream) == cursor.category) &&
             (cursor.correlation.empty() || m.correlation == cursor.correlation) &&
             (!cursor.group || is_member(group_hash_of(m.stream), *cursor.group));
    });
  }

 private:
  template <class Wanted>
  std::vector<const ModelMessage*> select(std::int64_t remaining, const Wanted& wanted) const {
    std::vector<const ModelMessage*> found;
    for (const auto& message : messages) {
      if (remaining == 0) break;
      if (!wanted(message)) continue;
      found.push_back(&message);
      if (remaining > 0) --remaining;
    }
    return found;
  }
};

}  // namespace eventodb::store
