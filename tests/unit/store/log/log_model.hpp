#pragma once

#include <deque>
#include <string>
#include <vector>

#include "store/log/message_log.hpp"

namespace eventodb::store {

/// A message that owns its texts.
struct OwnedMessage {
  std::string stream, type, data, metadata;
  Position position;
  GlobalPosition global_position;
  MessageId id;
  Timestamp time;
  std::string correlation;  // category that metadata names, by the test's own knowledge
  std::uint64_t tag = 0;

  MessageView view() const {
    return {stream, type, data, metadata, position, global_position, id, time};
  }
};

inline OwnedMessage owned(const MessageView& view) {
  return {std::string(view.stream),
          std::string(view.type),
          std::string(view.data),
          std::string(view.metadata),
          view.position,
          view.global_position,
          view.id,
          view.time,
          "",
          0};
}

inline bool same(const OwnedMessage& a, const MessageView& b) {
  return a.stream == b.stream && a.type == b.type && a.data == b.data && a.metadata == b.metadata &&
         a.position == b.position && a.global_position == b.global_position && a.id == b.id &&
         a.time == b.time;
}

/// Keeps what it is shown; pauses after every `pause_every` messages (0: never).
class Collector : public MessageVisitor {
 public:
  explicit Collector(std::size_t pause_every = 0) : pause_every_(pause_every) {}

  bool visit(const MessageView& message) override {
    found.push_back(owned(message));
    return pause_every_ == 0 || found.size() % pause_every_ != 0;
  }

  std::vector<OwnedMessage> found;

 private:
  std::size_t pause_every_;
};

/// Reads to the end, however many calls it takes.
inline void read_all(const MessageLog& log, StreamCursor cursor, Collector& collector) {
  while (log.read_stream(cursor, collector) == ReadState::kMore) {
  }
}
inline void read_all(const MessageLog& log, CategoryCursor cursor, Collector& collector) {
  while (log.read_category(cursor, collector) == ReadState::kMore) {
  }
}

/// What a MessageLog should do, done by scanning everything.
class LogModel {
 public:
  std::deque<OwnedMessage> messages;

  std::vector<const OwnedMessage*> stream(const StreamCursor& cursor) const {
    return select(cursor.remaining, [&](const OwnedMessage& m) {
      return m.stream == cursor.stream && m.position >= cursor.next &&
             (!cursor.from_global || m.global_position >= *cursor.from_global);
    });
  }

  std::vector<const OwnedMessage*> category(const CategoryCursor& cursor) const {
    return select(cursor.remaining, [&](const OwnedMessage& m) {
      return m.global_position >= cursor.next &&
             (cursor.category.empty() || category_of(m.stream) == cursor.category) &&
             (cursor.correlation.empty() || m.correlation == cursor.correlation) &&
             (!cursor.group || is_member(group_hash_of(m.stream), *cursor.group));
    });
  }

 private:
  template <class Wanted>
  std::vector<const OwnedMessage*> select(std::int64_t remaining, const Wanted& wanted) const {
    std::vector<const OwnedMessage*> found;
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
