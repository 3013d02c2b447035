#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace eventodb::store::sqlite {

/// A row of a table, and the page of the file it lies on; page 0 is unknown.
struct RowPlace {
  std::int64_t row_id = 0;
  std::uint32_t page = 0;
};

/// Finds the pages on which rows of a table lie, and has the kernel fetch them all at once: SQLite
/// reads one page after the other, and waits for each when it is not in memory.
///
/// It reads past SQLite, the file without its WAL and without locks, so what it finds may be out of
/// date or nonsense. That costs a useless read, and nothing else: SQLite reads for itself.
class RowPages {
 public:
  RowPages() = default;
  ~RowPages();
  RowPages(const RowPages&) = delete;
  RowPages& operator=(const RowPages&) = delete;

  /// Without a file that can be read nothing is found. Call once. The file must not be closed while
  /// SQLite has it open: that would release the locks of the whole process.
  void open(const std::string& path);

  /// Fetches ahead the pages from the root page of a table to the leaves with these rows, which
  /// must ascend, and sets their pages. Waits for what lies above the leaves, and for the first
  /// leaf. Thread-safe.
  void fetch(std::uint32_t root, std::span<RowPlace> rows) const;

 private:
  static constexpr std::size_t kPageBytes = 8192;  // of every file this program makes
  /// With room behind it, so that its last number may be read as if it were a long one.
  using Page = std::array<unsigned char, kPageBytes + 9>;

  bool read(std::uint32_t number, Page& page) const;
  void want(std::uint32_t number) const;

  int descriptor_ = -1;
};

}  // namespace eventodb::store::sqlite
