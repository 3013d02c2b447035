#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "eventodb/store.hpp"

namespace eventodb::store::sqlite {

/// Messages that were read from the files, so that streams which are read again and again are
/// answered on the I/O thread. Shared by all namespaces of a store, bounded in bytes, thread-safe.
///
/// It cannot be out of date: a message never changes, and only what was read from the log, behind
/// the border of the index, goes in. What it says nothing about is where a stream ends; callers
/// know that from the heads and the tail.
///
/// Messages lie one behind the other in chunks of memory. When the memory is used up the oldest
/// chunk becomes the newest: of its messages those stay that were used meanwhile (a clock), at most
/// half of it, so that one long scan cannot push out what everybody reads. A hit allocates nothing.
class MessageCache {
 public:
  /// Names an open namespace. Never given twice, so that files opened anew start without messages.
  using Owner = std::uint64_t;

  explicit MessageCache(std::size_t bytes_max);
  ~MessageCache();
  MessageCache(const MessageCache&) = delete;
  MessageCache& operator=(const MessageCache&) = delete;

  Owner add_owner();
  /// Forgets everything of an owner.
  void forget(Owner owner);

  /// What ended a read.
  enum class End : std::uint8_t {
    kNotHeld,  ///< the message at cursor.next is not here
    kReached,  ///< cursor.next reached `end`
    kStopped,  ///< the visitor paused, or cursor.remaining reached 0
  };
  /// Delivers messages of cursor.stream, whose number is `stream_id`, from cursor.next up to but
  /// not including `end`, and advances the cursor. cursor.from_global is not looked at. The visitor
  /// is called with a lock held.
  End read(Owner owner, std::int64_t stream_id, StreamCursor& cursor, std::int64_t end,
           MessageVisitor& visitor);

  /// Copies a message in. Does nothing when it is held, too large, or when memory runs out.
  void add(Owner owner, std::int64_t stream_id, const MessageView& message) noexcept;

 private:
  class Shard;
  static constexpr std::size_t kShards = 8;

  Shard& shard_of(Owner owner, std::int64_t stream_id, std::int64_t position);

  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::mutex owner_mutex_;
  Owner last_owner_ = 0;
};

}  // namespace eventodb::store::sqlite
