#pragma once

#include <cstdint>

#include "store/log/block_list.hpp"
#include "store/log/ref.hpp"

namespace eventodb::store {

/// A record's place in one chain. `jump` leads back over many (E. W. Myers, "An applicative
/// random-access stack", 1983): with `prev` it finds any ancestor in O(log n) steps, and a new
/// record's jump is known in O(1). Links to records that were dropped are left as they are.
struct Links {
  Ref prev;
  Ref jump;
  Ref next;
};

/// Records that belong together (a stream, a category), oldest to newest, linked through the
/// records themselves. Kind says where in a record the chain keeps its Links.
class Chain {
 public:
  bool empty() const { return first_ == kNoRef; }
  Ref first() const { return first_; }  ///< oldest record held
  Ref last() const { return last_; }

  /// Makes the record, which is newer than all others, the last.
  template <class Kind>
  void append(const BlockList& blocks, Ref ref) noexcept {
    Links& links = Kind::links(blocks.at(ref));
    links = {.prev = last_, .jump = last_, .next = kNoRef};
    const bool merged = count_one();
    if (last_ == kNoRef) {
      first_ = ref;
    } else {
      Links& before = Kind::links(blocks.at(last_));
      before.next = ref;
      if (merged) {
        const Ref over = before.jump;
        links.jump = blocks.holds(over) ? Kind::links(blocks.at(over)).jump : kNoRef;
      }
    }
    last_ = ref;
  }

  /// Forgets the oldest record while it can still be read. REQUIRES: !empty().
  template <class Kind>
  void drop_first(const BlockList& blocks) noexcept {
    first_ = Kind::links(blocks.at(first_)).next;
    if (first_ == kNoRef) last_ = kNoRef;
  }

  /// The oldest record for which `is_wanted` holds; kNoRef when there is none.
  /// REQUIRES: it holds for every record newer than one for which it holds.
  template <class Kind, class IsWanted>
  Ref find(const BlockList& blocks, const IsWanted& is_wanted) const {
    if (empty() || !is_wanted(blocks.at(last_))) return kNoRef;
    if (is_wanted(blocks.at(first_))) return first_;
    Ref found = last_;
    for (;;) {  // first_ is not wanted, so every found record has a predecessor
      const Links& links = Kind::links(blocks.at(found));
      if (links.jump != kNoRef && blocks.holds(links.jump) && is_wanted(blocks.at(links.jump))) {
        found = links.jump;
      } else if (is_wanted(blocks.at(links.prev))) {
        found = links.prev;
      } else {
        return found;
      }
    }
  }

 private:
  /// Counts the appended records in skew binary numbers, whose digit i weighs 2^(i+1) - 1 and where
  /// only the lowest digit that is not 0 may be 2. A record's jump spans the weight of its number's
  /// lowest digit that is not 0. Returns whether two equal spans became one larger.
  bool count_one() {
    if (two_ != 0) {
      ones_ &= ~(std::uint64_t{1} << (two_ - 1));
      const std::uint64_t next_digit = std::uint64_t{1} << two_;
      two_ = (ones_ & next_digit) != 0 ? static_cast<std::uint8_t>(two_ + 1) : std::uint8_t{0};
      ones_ |= next_digit;
      return true;
    }
    if ((ones_ & 1) != 0) {
      two_ = 1;
    } else {
      ones_ |= 1;
    }
    return false;
  }

  Ref first_ = kNoRef;
  Ref last_ = kNoRef;
  std::uint64_t ones_ = 0;  // digits that are not 0
  std::uint8_t two_ = 0;    // 1 + the index of the digit that is 2; 0 when none is
};

}  // namespace eventodb::store
