#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "eventodb/stream_name.hpp"
#include "store/sqlite/sqlite_readers.hpp"

namespace eventodb::store::sqlite {

/// The messages of a consumer group's member in global order, found by looking at streams instead
/// of messages: first at every stream of the category for those of the member, then from message
/// to message of these. Memory is bounded whatever the member owns: of its streams those are kept
/// whose next message is lowest, and the merge ends where the first of the others would follow.
class MemberMerge {
 public:
  struct Head {
    std::int64_t global_position;
    std::int64_t stream_id;
    std::int64_t position;
  };

  /// For the messages with from <= global position <= to.
  /// REQUIRES: heads_max, the number of streams kept, is at least 1.
  MemberMerge(std::int64_t from, std::int64_t to, std::size_t heads_max)
      : from_(from), to_(to), heads_max_(heads_max), end_(to + 1) {}

  /// Goes on looking for the member's streams (a category of nullopt: among all), as far as one
  /// turn on a reader thread allows; whether it has seen them all. What follows needs that.
  /// REQUIRES: the index reaches at least to `to`.
  DbResult<bool> find_streams(IndexReader& index, std::optional<std::int64_t> category,
                              ConsumerGroup group);

  /// The message at hand. nullptr: there is none before end().
  const Head* head() const { return heads_.empty() ? nullptr : &heads_.front(); }
  DbResult<void> advance(IndexReader& index);

  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  /// The merge has every message before it.
  std::int64_t end() const { return end_; }

 private:
  DbResult<std::optional<Head>> first_head(IndexReader& index, std::int64_t stream_id) const;
  void keep(const Head& head);

  std::int64_t from_;
  std::int64_t to_;
  std::size_t heads_max_;
  std::int64_t end_;
  std::int64_t last_seen_ = 0;  // streams up to this number were looked at
  // While streams are looked for, a heap with the highest global position in front; then the
  // lowest.
  std::vector<Head> heads_;
};

}  // namespace eventodb::store::sqlite
