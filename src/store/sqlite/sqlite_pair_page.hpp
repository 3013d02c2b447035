#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/sqlite_connection.hpp"

namespace eventodb::store::sqlite {

/// What the index says of one message: in a stream its position and global position, in a category
/// its global position and stream number.
struct Pair {
  std::int64_t first = 0;
  std::int64_t second = 0;
  friend bool operator==(const Pair&, const Pair&) = default;
};

/// So many messages share one row of the index at most. A row costs SQLite about a microsecond
/// whatever it holds; one that holds more is read by who wants a single message of it.
inline constexpr std::size_t kPairsPerPageMax = 128;

/// Collects pairs of one owner (a stream or a category) with ascending first numbers for one row:
/// the row's key is the first of them, its blob a checksum and the differences from pair to pair as
/// variable-length numbers of seven bits a byte (LEB128), the second ones in zigzag order.
class PairPage {
 public:
  bool empty() const { return count_ == 0; }
  bool is_full() const { return count_ == kPairsPerPageMax; }
  void clear() { count_ = 0; }
  /// REQUIRES: not full; above the one before.
  void add(Pair pair);

  /// The key. REQUIRES: not empty.
  std::int64_t first() const { return first_; }
  /// The blob; the view lives until the next call. `owner` goes into the checksum.
  std::string_view bytes(std::int64_t owner);

 private:
  std::string bytes_;
  std::size_t count_ = 0;
  std::int64_t first_ = 0;
  Pair last_;
};

/// Replaces `pairs` by those of a row. False: that is not what a PairPage of this owner and key
/// made.
[[nodiscard]] bool read_pair_page(std::int64_t owner, std::int64_t first, std::string_view bytes,
                                  std::vector<Pair>& pairs);

/// Walks over pairs in ascending order of their first numbers, whether a statement yields them row
/// by row or a page of them in each row.
class PairScan {
 public:
  /// The statement yields (first, second).
  void start(Statement& rows);
  /// The statement yields (first of a page, page) of `owner`; what lies outside of from <= first <=
  /// to is left out.
  void start(Statement& pages, std::int64_t owner, std::int64_t from, std::int64_t to);

  /// As Statement::step(). SQLITE_CORRUPT for a damaged page.
  [[nodiscard]] Code step();
  /// REQUIRES: step() returned SQLITE_ROW.
  const Pair& pair() const { return pair_; }
  /// What it walks over, for its owner to reset and for further columns.
  Statement& rows() const { return *rows_; }

 private:
  Statement* rows_ = nullptr;
  bool is_paged_ = false;
  std::int64_t owner_ = 0;
  std::int64_t from_ = 0;
  std::int64_t to_ = 0;
  std::vector<Pair> page_;
  std::size_t next_ = 0;
  Pair pair_;
};

}  // namespace eventodb::store::sqlite
