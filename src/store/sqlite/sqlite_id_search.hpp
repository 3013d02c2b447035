#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "store/sqlite/sqlite_id_directory.hpp"

namespace eventodb::store::sqlite {

/// Looks up many ids in one directory at once: nearly all of the time goes by while cache lines of
/// filters come, and so they come side by side. Kept for its memory. Not thread-safe.
class IdSearch {
 public:
  void clear();
  void add(const IdKey& id) { ids_.push_back(id); }
  std::span<const IdKey> ids() const { return ids_; }

  /// For at most `count` ids from `first` on, and no longer for others; holds the directory until
  /// clear().
  void run(std::shared_ptr<const IdDirectory> directory, std::size_t first = 0,
           std::size_t count = SIZE_MAX);
  /// Whether the last run was in this directory and reached so far.
  bool has_searched(const IdDirectory* directory, std::size_t id) const {
    return directory_.get() == directory && id < end_;
  }
  /// The pages that may have one of these ids, nearly always none when it is not stored.
  std::span<const IdPageRef> pages_of(std::size_t id) const;

 private:
  /// Ids whose cache lines are asked for before one of them is looked at: enough to wait for the
  /// first of a few hundred only, few enough to leave them where they come to, next to the core.
  static constexpr std::size_t kTogether = 16;

  struct Wanted {
    std::size_t number = 0;  // of ids_
    IdKey id;
    IdFilter::Probe probe;
  };
  struct Look {
    const IdFilter::Block* block;
    const IdSegment* segment;
    std::uint32_t part;
    std::uint32_t wanted;
  };
  struct Found {
    std::size_t id;
    IdPageRef page;
  };

  void look_for(std::size_t first, std::size_t end);

  std::vector<IdKey> ids_;
  std::shared_ptr<const IdDirectory> directory_;
  std::size_t end_ = 0;  // of the ids that were looked up in it
  std::array<Wanted, kTogether> wanted_;
  std::vector<Look> looks_;
  std::vector<Found> found_;      // ascending
  std::vector<IdPageRef> pages_;  // of found_
};

}  // namespace eventodb::store::sqlite
