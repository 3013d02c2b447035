#pragma once

// SKETCH of the interface; its owner completes it.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "eventodb/store.hpp"

namespace eventodb::store {

/// Messages in ascending global position, held in blocks of contiguous memory and found by global
/// position, by stream and position, by category, by correlation and by id, all without scanning
/// what is not wanted. The memory backend keeps everything in one; the SQLite backend keeps the
/// tail in one: what is committed but not yet in the derived index. Not thread-safe.
class MessageLog {
 public:
  struct StreamHead {
    Position first;          ///< lowest position held
    Position last;           ///< highest position held
    Timestamp last_time;
    std::uint64_t tag = 0;   ///< as given to append
  };

  /// REQUIRES: message.global_position > last(); per stream, ascending positions.
  /// `stream_tag` is the owner's number for the stream, handed back by heads and visits.
  void append(const MessageView& message, std::uint64_t stream_tag = 0);

  /// Forgets every message up to and including `up_to` and really gives its memory back.
  void drop_up_to(GlobalPosition up_to);

  bool empty() const;
  GlobalPosition first() const;  ///< REQUIRES: !empty()
  GlobalPosition last() const;   ///< REQUIRES: !empty()
  std::size_t message_count() const;
  std::size_t bytes() const;  ///< memory held

  std::optional<StreamHead> find_stream(std::string_view name) const;
  std::optional<MessageView> find_id(const MessageId& id) const;
  /// The newest message held of the stream, of this type unless "".
  std::optional<MessageView> find_last(std::string_view stream, std::string_view type) const;

  /// As Namespace's functions, over what is held.
  ReadState read_stream(StreamCursor& cursor, MessageVisitor& visitor) const;
  ReadState read_category(CategoryCursor& cursor, MessageVisitor& visitor) const;
};

}  // namespace eventodb::store
