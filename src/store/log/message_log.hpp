#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "eventodb/store.hpp"
#include "store/log/block_list.hpp"
#include "store/log/hash_index.hpp"
#include "store/log/record.hpp"
#include "store/log/spare_memory.hpp"

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

 private:
  struct Insertion;
  struct CategoryFilter;

  std::uint64_t hash_of(std::string_view name) const;
  std::uint64_t hash_of(const MessageId& id) const;
  std::uint64_t hash_of(const StreamEntry& stream, std::string_view type) const;
  StreamEntry* find_stream_entry(std::uint64_t hash, std::string_view name) const;
  static CategoryEntry* find_category_entry(const HashIndex& index, std::uint64_t hash,
                                            std::string_view name);
  const std::uint64_t* find_type(const StreamEntry& stream, std::string_view type) const;

  void reserve_tables();
  void prepare(Insertion& insertion, const MessageView& message);
  void adopt_entries(Insertion& insertion) noexcept;
  void link(Record& record, Ref ref) noexcept;
  void unlink_first(Record& record, Ref ref) noexcept;
  template <class Entry>
  void release(HashIndex& index, Entry* entry) noexcept;

  template <class Next>
  ReadState walk(CategoryCursor& cursor, const CategoryFilter& filter, Ref from, const Next& next,
                 MessageVisitor& visitor) const;
  template <class Kind>
  ReadState walk_chain(CategoryCursor& cursor, const CategoryFilter& filter, const Chain& chain,
                       MessageVisitor& visitor) const;

  std::uint64_t seed_;
  BlockList blocks_;
  std::size_t message_count_ = 0;
  std::size_t entry_bytes_ = 0;
  SpareMemory spares_;      // of entries
  HashIndex ids_;           // message id -> Ref
  HashIndex types_;         // stream and type -> Ref of the newest record
  HashIndex streams_;       // name -> StreamEntry*
  HashIndex categories_;    // name -> CategoryEntry*
  HashIndex correlations_;  // name -> CategoryEntry*
};

}  // namespace eventodb::store
