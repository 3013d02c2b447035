#include "store/sqlite/sqlite_row_pages.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

// Offsets of SQLite's documented file format (https://www.sqlite.org/fileformat2.html).
namespace eventodb::store::sqlite {
namespace {

constexpr unsigned char kInteriorTablePage = 5;
constexpr std::size_t kCellCountAt = 3;
constexpr std::size_t kLastChildAt = 8;
constexpr std::size_t kCellsAt = 12;
constexpr std::size_t kChildBytes = 4;
constexpr std::size_t kVarintBytesMax = 9;
/// More levels than a file can have: what links to itself ends.
constexpr int kLevelsMax = 20;

std::size_t two_bytes(const unsigned char* at) {
  return std::size_t{at[0]} << 8 | at[1];
}

std::uint32_t four_bytes(const unsigned char* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         at[3];
}

std::int64_t varint(const unsigned char* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i + 1 < kVarintBytesMax; ++i) {
    value = value << 7 | (at[i] & 0x7fU);
    if ((at[i] & 0x80U) == 0) return static_cast<std::int64_t>(value);
  }
  return static_cast<std::int64_t>(value << 8 | at[kVarintBytesMax - 1]);
}

/// The child of an interior page that leads to a row; 0 when the page is none that can be read.
std::uint32_t child_for(std::span<const unsigned char> page, std::int64_t row_id) {
  const std::size_t count = two_bytes(&page[kCellCountAt]);
  if (kCellsAt + 2 * count > page.size()) return 0;
  // Invariant: the cells before `low` end before the row, those from `high` on do not.
  std::size_t low = 0;
  std::size_t high = count;
  std::uint32_t child = four_bytes(&page[kLastChildAt]);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::size_t cell = two_bytes(&page[kCellsAt + 2 * middle]);
    if (cell + kChildBytes + kVarintBytesMax > page.size()) return 0;
    if (varint(&page[cell + kChildBytes]) < row_id) {
      low = middle + 1;
    } else {
      high = middle;
      child = four_bytes(&page[cell]);
    }
  }
  return child;
}

}  // namespace

RowPages::~RowPages() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void RowPages::open(const std::string& path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

bool RowPages::read(std::uint32_t number, Page& page) const {
  if (number == 0) return false;
  const auto offset = static_cast<off_t>(number - 1) * static_cast<off_t>(kPageBytes);
  return pread(descriptor_, page.data(), kPageBytes, offset) == static_cast<ssize_t>(kPageBytes);
}

void RowPages::want(std::uint32_t number) const {
  if (number == 0) return;
  const auto offset = static_cast<off_t>(number - 1) * static_cast<off_t>(kPageBytes);
  static_cast<void>(posix_fadvise(descriptor_, offset, kPageBytes, POSIX_FADV_WILLNEED));
}

void RowPages::fetch(std::uint32_t root, std::span<RowPlace> rows) const {
  for (RowPlace& row : rows) row.page = descriptor_ < 0 ? 0 : root;
  Page page{};
  for (int level = 0; level < kLevelsMax; ++level) {
    std::uint32_t held = 0;  // in `page`
    for (RowPlace& row : rows) {
      if (row.page == 0) continue;
      if (row.page != held) {
        held = row.page;
        // All leaves lie equally deep: one shows that they all are.
        if (!read(held, page) || page[0] != kInteriorTablePage) return;
      }
      row.page = child_for(page, row.row_id);
    }
    std::uint32_t wanted = 0;
    for (const RowPlace& row : rows) {
      if (row.page != wanted) want(row.page);
      wanted = row.page;
    }
  }
}

}  // namespace eventodb::store::sqlite
