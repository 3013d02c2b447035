#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "eventodb/store.hpp"

namespace eventodb::store {

/// One message as the log holds it. The views live as long as the message is held.
struct LogRecord {
  MessageView message;
  std::uint64_t stream_tag = 0;  ///< as given to append
  std::string_view correlation;  ///< category of metadata.correlationStreamName; "" is none
};

/// Receives the records of the log, whatever their stream.
class LogVisitor {
 public:
  /// Returns false to stop after this record.
  virtual bool visit(const LogRecord& record) = 0;

 protected:
  ~LogVisitor() = default;
};

/// Messages in ascending global position, held in blocks of contiguous memory and found by global
/// position, by stream and position, by category, by correlation and by id, all without scanning
/// what is not wanted. The memory backend keeps everything in one; the SQLite backend keeps the
/// tail in one: what is committed but not yet in the derived index.
///
/// Thread rule: no locking of its own; the owner lets one thread in at a time, for the const
/// functions too. A message never moves: the views handed out stay valid, and may be read without
/// the owner's lock, until the message is dropped; appends do not touch them. So an indexer takes
/// views under the lock, works on them without it, and is the one who drops them.
class MessageLog {
 public:
  /// What is held of one stream.
  struct StreamHead {
    std::string_view name;  ///< valid while the stream has messages here
    Position first;         ///< lowest position held
    Position last;          ///< highest position held
    GlobalPosition first_global;
    GlobalPosition last_global;
    Timestamp last_time;
    std::uint64_t tag = 0;  ///< as given to the latest append
  };

  /// What is held of one category.
  struct CategoryHead {
    std::string_view name;  ///< valid while the category has messages here
    std::int64_t stream_count = 0;
    std::int64_t message_count = 0;
  };

  MessageLog();
  ~MessageLog();
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;

  /// Copies the message in. `stream_tag` is the owner's number for the stream, handed back by heads
  /// and records. REQUIRES: global position above last(), position above the stream's last, the id
  /// not held. Allocates for new streams and for growth only. When memory runs out it throws
  /// std::bad_alloc and the log is as before.
  void append(const MessageView& message, std::uint64_t stream_tag = 0);

  /// Forgets every message up to and including `up_to` and gives its memory back. The work is
  /// proportional to the messages dropped: an owner with a busy lock drops in slices.
  void drop_up_to(GlobalPosition up_to);

  bool empty() const;
  GlobalPosition first() const;  ///< REQUIRES: !empty()
  GlobalPosition last() const;   ///< REQUIRES: !empty()
  std::size_t message_count() const;
  std::size_t stream_count() const;
  std::size_t bytes() const;  ///< memory held, tables and spare blocks included

  std::optional<StreamHead> find_stream(std::string_view name) const;
  std::optional<CategoryHead> find_category(std::string_view name) const;
  std::optional<MessageView> find_id(const MessageId& id) const;
  /// The newest message held of the stream, of this type unless "".
  std::optional<MessageView> find_last(std::string_view stream, std::string_view type) const;

  /// As Namespace's functions, over what is held. A call visits at most limits::kReadStepRowsMax
  /// messages, filtered ones included, then answers kMore. Any cursor values are allowed.
  ReadState read_stream(StreamCursor& cursor, MessageVisitor& visitor) const;
  ReadState read_category(CategoryCursor& cursor, MessageVisitor& visitor) const;

  /// Delivers every record at or after `from` in ascending global position until the visitor stops.
  void read_records(GlobalPosition from, LogVisitor& visitor) const;
};

}  // namespace eventodb::store
