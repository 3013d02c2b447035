#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/sqlite/sqlite_id_page.hpp"

namespace eventodb::store::sqlite {

/// A set of ids that may say yes wrongly (about once in a thousand) but never no: a blocked Bloom
/// filter, which looks at one cache line for an id. (F. Putze, P. Sanders, J. Singler: "Cache-,
/// Hash- and Space-Efficient Bloom Filters", 2007. A block has 256 bits, as eight words with one
/// bit each, as in Apache Parquet's split block filter.) Stored: any change is a new index version.
class IdFilter {
  static constexpr std::size_t kWords = 8;

 public:
  class Probe;
  /// All that a filter knows about an id, in one cache line.
  struct alignas(32) Block {
    std::uint32_t words[kWords] = {};

    bool may_have(const Probe& probe) const;
  };
  /// What to look for, worked out once for many filters.
  class Probe {
   public:
    Probe() = default;
    explicit Probe(std::uint64_t hash) : hash_(hash), bits_(bits_of(hash)) {}

   private:
    friend class IdFilter;
    std::uint64_t hash_ = 0;
    Block bits_;
  };
  /// A filter's memory, for who looks into many and wants no detour. Valid as long as the filter
  /// stays as it is, wherever it is moved. REQUIRES: a filter of some ids.
  class View {
   public:
    explicit View(const IdFilter& filter)
        : blocks_(filter.blocks_.data()), count_(filter.blocks_.size()) {}

    const Block& block_of(const Probe& probe) const {
      return blocks_[index_of(probe.hash_, count_)];
    }

   private:
    const Block* blocks_;
    std::size_t count_;
  };

  IdFilter() = default;  ///< of no ids
  explicit IdFilter(std::span<const std::uint64_t> hashes);

  static std::uint64_t hash(const IdKey& id);

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(blocks_.data()), blocks_.size() * sizeof(Block)};
  }
  /// What bytes() gave; false: it cannot be that.
  bool assign(std::string_view bytes);

 private:
  static std::size_t index_of(std::uint64_t hash, std::size_t blocks) {
    return static_cast<std::size_t>(((hash >> 32) * blocks) >> 32);
  }
  static Block bits_of(std::uint64_t hash);

  std::vector<Block> blocks_;
};

inline bool IdFilter::Block::may_have(const Probe& probe) const {
  std::uint32_t missing = 0;
  for (std::size_t i = 0; i < kWords; ++i) missing |= probe.bits_.words[i] & ~words[i];
  return missing == 0;
}

}  // namespace eventodb::store::sqlite
