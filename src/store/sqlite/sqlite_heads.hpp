#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/hash64.hpp"

namespace eventodb::store::sqlite {

/// Number and version of a stream; a stream without messages has number 0 and version -1.
struct StreamHead {
  std::int64_t stream_id = 0;
  std::int64_t version = -1;
};

/// The heads of recently written or read streams, so that an append and a look for a version cost
/// no look-up. Bounded: the least
/// recently used (roughly: a clock) makes room. Not thread-safe.
class HeadCache {
 public:
  struct Entry {
    std::string name;
    StreamHead head;          ///< as committed: what readers may see
    StreamHead planned;       ///< as it will be after the newest batch
    std::uint64_t batch = 0;  ///< the batch that used it last
    bool referenced = false;
  };

  explicit HeadCache(std::size_t entries_max) : entries_max_(entries_max) {}
  ~HeadCache();
  HeadCache(const HeadCache&) = delete;
  HeadCache& operator=(const HeadCache&) = delete;

  /// From now on entries that this batch or a later one uses stay.
  void keep_from(std::uint64_t batch) { kept_from_ = batch; }
  /// nullptr when not cached. The pointer stays valid until the entry makes room for another.
  Entry* find(std::string_view name);
  /// Adds one, beyond the bound only when every entry must stay. REQUIRES: not cached.
  Entry& insert(std::string_view name, StreamHead head, std::uint64_t batch);
  std::size_t size() const { return by_name_.size(); }

 private:
  Entry& free_entry();
  Entry& add_entry();

  std::size_t entries_max_;
  std::deque<Entry> entries_;  // a deque: entries never move, so names and pointers hold
  boost::unordered_flat_map<std::string_view, Entry*, base::KeyedHash> by_name_;
  std::size_t hand_ = 0;
  std::uint64_t kept_from_ = UINT64_MAX;
};

}  // namespace eventodb::store::sqlite
