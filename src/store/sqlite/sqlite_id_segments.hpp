#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/sqlite/sqlite_connection.hpp"
#include "store/sqlite/sqlite_id_directory.hpp"

namespace eventodb::store::sqlite {

/// How large things are; tests have them small.
struct IdShape {
  std::size_t page_ids = kIdPagePlacesMax;
  std::size_t part_pages = kIdPagePlacesMax;
  /// So many segments of a tier are merged into one. A tier has segments of `tier_ids` ids times a
  /// power of this and more; below the first such tier is one with all that are smaller.
  std::size_t fan_in = 4;
  /// A step moves so many times the ids it brings in each merge, since what waits to be merged is
  /// more segments to look at: at least `tier_ids`, at most `merge_ids_max`, so that it ends soon.
  /// That is twice what the largest step of OpenFiles brings, so merges keep up.
  std::int64_t merge_pace = 8;
  std::int64_t merge_ids_max = 65'536;
  std::int64_t tier_ids = 4096;
};

/// The ids of an index and where their messages are, as a log-structured merge tree inside of
/// index.db, so that ids in any order cost what ids in ascending order cost. (P. O'Neil and others:
/// "The Log-Structured Merge-Tree", 1996.) Every index step writes its ids as one sorted segment;
/// segments of a tier are merged, a bounded number of ids at every step, in the step's own
/// transaction. After a crash or a failure the file is all there is. Not thread-safe.
class IdSegments {
 public:
  explicit IdSegments(const IdShape& shape = {});
  ~IdSegments();

  /// Reads what the file has. REQUIRES: the database outlives this.
  [[nodiscard]] Code open(Database& database);

  /// How many ids directory() has.
  std::int64_t id_count() const;

  /// One step, within the caller's transaction: stores the ids, which it sorts. SQLITE_CORRUPT when
  /// one is there twice; if the other one was stored by an earlier step, once they are merged.
  [[nodiscard]] Code write(std::span<IdPlace> ids);
  /// The transaction was committed: directory() has the step from now on.
  void commit() noexcept;
  /// The transaction was rolled back.
  void roll_back();

  /// What look-ups work with, on any thread.
  const std::shared_ptr<const IdDirectory>& directory() const { return directory_; }

 private:
  using Segment = std::shared_ptr<const IdSegment>;
  struct Statements;
  struct Draft;
  struct Merge;
  struct Cursor;
  struct Stored;

  // What the file has (sqlite_id_load.cpp).
  [[nodiscard]] Code load();
  [[nodiscard]] Code load_segments(std::vector<Stored>& stored);
  [[nodiscard]] Code load_parts(std::vector<Stored>& stored);
  [[nodiscard]] Code load_part(Stored& segment);
  [[nodiscard]] Code arrange(std::vector<Stored>& stored);
  [[nodiscard]] Code find_free_pages();

  // One segment.
  void start(Draft& draft);
  [[nodiscard]] Code add(Draft& draft, const IdPlace& id);
  [[nodiscard]] Code write_page(Draft& draft);
  [[nodiscard]] Code store_part(const IdSegment& segment, const IdPart& part);
  [[nodiscard]] Code finish_part(Draft& draft);
  [[nodiscard]] Code finish(Draft& draft);
  [[nodiscard]] Code store_segment(std::int64_t number, bool is_complete, std::int64_t merged_into);
  void reclaim_pages();
  void prepare_commit();

  // Merges (sqlite_id_merge.cpp).
  int tier_of(const IdSegment& segment) const;
  /// Of a tier, and of no merge. An older program, with other tiers, may have left merges.
  bool waits_in(int tier, const Segment& segment) const;
  [[nodiscard]] Code start_merges();
  [[nodiscard]] Code start_merge(int tier);
  [[nodiscard]] Code advance_merges(std::int64_t ids);
  [[nodiscard]] Code advance(Merge& merge, std::int64_t ids);
  [[nodiscard]] Code place_cursors(const Merge& merge);
  [[nodiscard]] Code place(Cursor& cursor, const Merge& merge);
  [[nodiscard]] Code next(Cursor& cursor);
  [[nodiscard]] Code finish(Merge& merge);

  const IdShape shape_;
  Database* database_ = nullptr;
  std::unique_ptr<Statements> statements_;
  std::shared_ptr<const IdDirectory> directory_;
  std::shared_ptr<const IdDirectory> next_directory_;  // once the step is committed

  // As of the step that is being written; read from the file again when that was rolled back.
  bool is_loaded_ = false;
  std::vector<Segment> segments_;
  std::vector<Segment> dropped_;  // by this step
  std::vector<std::unique_ptr<Merge>> merges_;
  std::vector<std::int64_t> free_pages_;  // descending
  std::int64_t page_end_ = 1;
  std::int64_t segment_end_ = 1;

  /// No longer in the file, but who holds an older directory may still read their pages.
  std::vector<Segment> retired_;

  // Kept for their memory.
  std::unique_ptr<Draft> draft_;
  std::vector<std::unique_ptr<Merge>> idle_merges_;
  std::vector<std::unique_ptr<Cursor>> cursors_;
  std::vector<Cursor*> running_;
  std::vector<IdPlace> places_;
  std::string bytes_;
};

}  // namespace eventodb::store::sqlite
