#pragma once

#include <cstdint>
#include <span>

#include "eventodb/message.hpp"
#include "store/sqlite/sqlite_connection.hpp"

namespace eventodb::store::sqlite {

/// A message as a commit stores it. The view borrows.
struct LogMessage {
  MessageView view;
  std::int64_t stream_id = 0;
  bool is_new_stream = false;  ///< the first message of its stream
};

/// The messages of a commit as a table that SQLite reads (a virtual table, `new_messages`), so that
/// one statement inserts them all: SQLite then keeps its place in the b-tree from row to row. A
/// statement run for each message costs nearly twice as much (docs/performance.md).
class LogRows {
 public:
  LogRows() = default;
  LogRows(const LogRows&) = delete;
  LogRows& operator=(const LogRows&) = delete;

  /// Makes the table known to a connection, which this must outlive. Call once.
  [[nodiscard]] Code attach(Database& database, std::uint64_t seed);

  /// What the table holds. REQUIRES: `messages` live until the next call.
  void set(std::span<const LogMessage> messages) { messages_ = messages; }

  std::span<const LogMessage> messages() const { return messages_; }
  std::uint64_t seed() const { return seed_; }  ///< of the checksums

 private:
  std::span<const LogMessage> messages_;
  std::uint64_t seed_ = 0;
};

}  // namespace eventodb::store::sqlite
