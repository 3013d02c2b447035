#include "store/sqlite/sqlite_pair_page.hpp"

#include <cstring>

#include "store/sqlite/row_checksum.hpp"

namespace eventodb::store::sqlite {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr int kNumberBytesMax = 10;

std::uint32_t checksum(std::int64_t owner, std::int64_t first, std::string_view pairs) {
  const std::uint64_t seed =
      static_cast<std::uint64_t>(owner) * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(first);
  return static_cast<std::uint32_t>(bytes_checksum(pairs, seed));
}

void append_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
  bytes.push_back(static_cast<char>(number));
}

/// Takes a number from the front; false when there is none.
bool take_number(std::string_view& bytes, std::uint64_t& number) {
  number = 0;
  for (int i = 0; i < kNumberBytesMax && !bytes.empty(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

// Differences wrap around, so that any two numbers have one.
std::uint64_t difference(std::int64_t to, std::int64_t from) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}
std::int64_t sum(std::int64_t from, std::uint64_t difference) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + difference);
}

/// Small numbers of either sign as small ones: 0, -1, 1, -2, ...
std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}
std::uint64_t unzigzag(std::uint64_t number) {
  return (number >> 1) ^ (0 - (number & 1));
}

}  // namespace

void PairPage::add(Pair pair) {
  if (count_ == 0) {
    bytes_.assign(kChecksumBytes, '\0');
    first_ = pair.first;
    last_ = {pair.first, 0};
  }
  append_number(bytes_, difference(pair.first, last_.first));
  append_number(bytes_, zigzag(difference(pair.second, last_.second)));
  last_ = pair;
  ++count_;
}

std::string_view PairPage::bytes(std::int64_t owner) {
  const std::uint32_t sum =
      checksum(owner, first_, std::string_view(bytes_).substr(kChecksumBytes));
  std::memcpy(bytes_.data(), &sum, kChecksumBytes);
  return bytes_;
}

bool read_pair_page(std::int64_t owner, std::int64_t first, std::string_view bytes,
                    std::vector<Pair>& pairs) {
  pairs.clear();
  if (bytes.size() <= kChecksumBytes) return false;
  std::uint32_t stored = 0;
  std::memcpy(&stored, bytes.data(), kChecksumBytes);
  bytes.remove_prefix(kChecksumBytes);
  if (stored != checksum(owner, first, bytes)) return false;
  Pair last{first, 0};
  while (!bytes.empty()) {
    std::uint64_t up = 0;
    std::uint64_t other = 0;
    if (!take_number(bytes, up) || !take_number(bytes, other)) return false;
    last = {sum(last.first, up), sum(last.second, unzigzag(other))};
    pairs.push_back(last);
  }
  return true;
}

void PairScan::start(Statement& rows) {
  rows_ = &rows;
  is_paged_ = false;
  page_.clear();
  next_ = 0;
}

void PairScan::start(Statement& pages, std::int64_t owner, std::int64_t from, std::int64_t to) {
  rows_ = &pages;
  is_paged_ = true;
  owner_ = owner;
  from_ = from;
  to_ = to;
  page_.clear();
  next_ = 0;
}

Code PairScan::step() {
  for (;;) {
    while (next_ < page_.size()) {
      pair_ = page_[next_++];
      if (pair_.first > to_) return SQLITE_DONE;
      if (pair_.first >= from_) return SQLITE_ROW;
    }
    const Code code = rows_->step();
    if (code != SQLITE_ROW) return code;
    if (!is_paged_) {
      pair_ = {rows_->integer(0), rows_->integer(1)};
      return SQLITE_ROW;
    }
    next_ = 0;
    if (!read_pair_page(owner_, rows_->integer(0), rows_->bytes(1), page_)) return SQLITE_CORRUPT;
  }
}

}  // namespace eventodb::store::sqlite
