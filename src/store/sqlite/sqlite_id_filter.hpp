#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/prefetch.hpp"
#include "store/sqlite/sqlite_id_page.hpp"

namespace eventodb::store::sqlite {

/// A set of ids that may say yes wrongly (about once in a thousand) but never no: a blocked Bloom
/// filter, which looks at one cache line for an id. (F. Putze, P. Sanders, J. Singler: "Cache-,
/// Hash- and Space-Efficient Bloom Filters", 2007. A block has 256 bits, as eight words with one
/// bit each, as in Apache Parquet's split block filter.) Stored: any change is a new index version.
class IdFilter {
  static constexpr std::size_t kWords = 8;
  struct alignas(32) Block {
    std::uint32_t words[kWords] = {};
  };

 public:
  /// What to look for, worked out once for many filters.
  class Probe {
   public:
    explicit Probe(std::uint64_t hash) : hash_(hash), bits_(bits_of(hash)) {}

   private:
    friend class IdFilter;
    std::uint64_t hash_;
    Block bits_;
  };

  IdFilter() = default;  ///< of no ids
  explicit IdFilter(std::span<const std::uint64_t> hashes);

  static std::uint64_t hash(const IdKey& id);

  bool may_contain(const Probe& probe) const;
  /// For may_contain() soon after, of filters that are in no cache.
  void prefetch(const Probe& probe) const {
    if (!blocks_.empty()) base::prefetch_line(&blocks_[block_of(probe.hash_)]);
  }

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(blocks_.data()), blocks_.size() * sizeof(Block)};
  }
  /// What bytes() gave; false: it cannot be that.
  bool assign(std::string_view bytes);

 private:
  std::size_t block_of(std::uint64_t hash) const {
    return static_cast<std::size_t>(((hash >> 32) * blocks_.size()) >> 32);
  }
  static Block bits_of(std::uint64_t hash);

  std::vector<Block> blocks_;
};

}  // namespace eventodb::store::sqlite
