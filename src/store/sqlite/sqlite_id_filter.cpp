#include "store/sqlite/sqlite_id_filter.hpp"

#include <cstring>

#include "base/hash64.hpp"

namespace eventodb::store::sqlite {
namespace {

/// A filter errs 1.4 times in a thousand (IdFilter.NeverMissesAndSeldomErrs). A look-up asks those
/// of 15 segments or so, and 2 % of look-ups then read a page for nothing.
constexpr std::size_t kBitsPerId = 16;

}  // namespace

IdFilter::IdFilter(std::span<const std::uint64_t> hashes)
    : blocks_(hashes.size() * kBitsPerId / (8 * sizeof(Block)) + 1) {
  for (const std::uint64_t hash : hashes) {
    const Block bits = bits_of(hash);
    Block& block = blocks_[index_of(hash, blocks_.size())];
    for (std::size_t i = 0; i < kWords; ++i) block.words[i] |= bits.words[i];
  }
}

std::uint64_t IdFilter::hash(const IdKey& id) {
  // Not keyed, because it is stored: who chooses ids that collide makes look-ups slow, not wrong.
  return base::mix64(id.high ^ 0xa0761d6478bd642f, id.low ^ 0xe7037ed1a0b428db);
}

IdFilter::Block IdFilter::bits_of(std::uint64_t hash) {
  constexpr std::uint32_t kSalts[kWords] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                            0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
  const auto low = static_cast<std::uint32_t>(hash);
  Block bits;
  for (std::size_t i = 0; i < kWords; ++i) {
    bits.words[i] = std::uint32_t{1} << ((low * kSalts[i]) >> 27);
  }
  return bits;
}

bool IdFilter::assign(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % sizeof(Block) != 0) return false;
  blocks_.resize(bytes.size() / sizeof(Block));
  std::memcpy(blocks_.data(), bytes.data(), bytes.size());
  return true;
}

}  // namespace eventodb::store::sqlite
