#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/id_hash.hpp"
#include "eventodb/error.hpp"
#include "eventodb/message.hpp"
#include "store/sqlite/sqlite_id_search.hpp"
#include "store/sqlite/sqlite_namespace.hpp"
#include "store/sqlite/sqlite_open_files.hpp"

namespace eventodb::store::sqlite {

/// The appends of one commit: taken from the queue, checked in order against the heads as the ones
/// before them leave them, those of batches that wait for their sync included, and numbered.
/// Refused appends leave nothing. Reused from commit to commit, so that a steady state allocates
/// nothing. For writer threads.
class AppendBatch {
 public:
  using Message = LogMessage;  // borrows from the request

  /// Forgets the last batch.
  void clear();
  /// Adds to the batch; the order is the order of the positions.
  void add(PendingAppends& pending);
  std::span<PendingAppends* const> pending() const { return pending_; }
  std::size_t append_count() const { return append_count_; }

  /// Decides every append: sets the outcome of the refused ones and of retries, plans the messages
  /// of the others. `lock` holds the namespace's mutex; it is released around look-ups.
  /// On failure nothing is planned and no outcome is set.
  DbResult<void> plan(OpenFiles& files, std::unique_lock<std::mutex>& lock);
  std::span<const Message> messages() const { return messages_; }
  /// Of the log with this batch.
  const LogEnd& end() const { return end_; }

  /// Heads as planned become heads as committed; under the namespace's mutex.
  void accept_heads();
  /// Heads go back to what they were; under the namespace's mutex.
  void revert();
  /// The same outcome for every append: the commit failed.
  void fail_all(const Error& error);
  /// Who waits, in order, linked for ThreadHop::finish_all.
  base::ThreadHop* chain();

 private:
  /// The message that holds an id already.
  struct Stored {
    WrittenMessage written;
    std::string stream;
    bool is_same = false;  // stream, type, data and metadata
  };
  struct Mark {
    std::size_t messages = 0;
    std::size_t changes = 0;
    std::size_t noted_ids = 0;
    LogEnd end;
  };
  struct HeadChange {
    HeadCache::Entry* entry;
    StreamHead before;
    StreamHead after;
  };
  using Lock = std::unique_lock<std::mutex>;

  DbResult<void> plan_append(Append& append, Lock& lock);
  DbResult<std::optional<Error>> try_append(Append& append, Lock& lock);
  DbResult<bool> find_retry(Append& append, Lock& lock);
  /// Looks up every id that a client gave, ahead of the appends.
  void search_ids(Lock& lock);
  /// `id`: its number in ids_.
  DbResult<std::optional<Stored>> find_stored(const NewMessage& message, std::size_t id,
                                              Lock& lock);
  /// The message with an id that a client gave; nullptr: not in this batch.
  const MessageView* find_planned(const MessageId& id) const;
  DbResult<HeadCache::Entry*> find_head(std::string_view stream, Lock& lock);
  /// The cached head, which stays as long as the batch; nullptr: not cached.
  HeadCache::Entry* use_head(std::string_view stream);
  DbResult<void> open_lookup();
  void plan_message(const NewMessage& message, HeadCache::Entry& head, WrittenMessage& written);
  Mark mark() const { return {messages_.size(), changes_.size(), noted_ids_.size(), end_}; }
  void undo_to(const Mark& mark);

  OpenFiles* files_ = nullptr;
  std::vector<PendingAppends*> pending_;
  std::size_t append_count_ = 0;
  std::vector<Message> messages_;
  std::vector<HeadChange> changes_;
  std::vector<std::optional<Stored>> stored_;  // of the append at hand
  boost::unordered_flat_map<MessageId, std::size_t, IdHash> client_ids_;
  std::vector<MessageId> noted_ids_;  // what client_ids_ holds, in the order it came
  IdSearch ids_;                      // those that clients gave, in the order of the appends
  std::size_t next_id_ = 0;           // of ids_, in the append at hand
  LogEnd end_;
  std::uint64_t number_ = 0;  // of the batch, for the head cache
};

}  // namespace eventodb::store::sqlite
