#include "store/sqlite/sqlite_raw_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

// Offsets of SQLite's documented file format (https://www.sqlite.org/fileformat2.html).
namespace eventodb::store::sqlite {
namespace {

constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kPageCountAt = 28;
constexpr std::size_t kUserVersionAt = 60;
constexpr std::size_t kApplicationIdAt = 68;

constexpr unsigned char kWalMagicByte = 0x37;
constexpr std::size_t kWalHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::size_t kWalSaltsAt = 16;
constexpr std::size_t kFrameSaltsAt = kWalHeaderBytes + 8;
constexpr std::size_t kSaltsBytes = 8;

/// The first bytes of a file and its size; false when it is shorter.
template <std::size_t n>
bool read_start(const std::string& path, std::array<unsigned char, n>& bytes, std::int64_t& size) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct stat status {};
  const bool is_read = pread(descriptor, bytes.data(), n, 0) == static_cast<ssize_t>(n) &&
                       fstat(descriptor, &status) == 0;
  ::close(descriptor);
  size = status.st_size;
  return is_read;
}

std::int64_t big_endian(const unsigned char* at) {
  return std::int64_t{at[0]} << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

}  // namespace

bool read_raw_header(const std::string& database, RawHeader& header) {
  std::array<unsigned char, kHeaderBytes> bytes{};
  std::int64_t size = 0;
  if (!read_start(database, bytes, size)) return false;
  // Never 1, SQLite's way to say 65536: this program makes no such files.
  const std::int64_t page_bytes = bytes[kPageSizeAt] << 8 | bytes[kPageSizeAt + 1];
  header.is_database = std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
  header.user_version = big_endian(&bytes[kUserVersionAt]);
  header.application_id = big_endian(&bytes[kApplicationIdAt]);
  header.page_count = big_endian(&bytes[kPageCountAt]);
  header.file_pages = page_bytes == 0 ? 0 : size / page_bytes;
  return true;
}

bool has_wal_frames(const std::string& database) {
  std::array<unsigned char, kWalHeaderBytes + kFrameHeaderBytes> bytes{};
  std::int64_t size = 0;
  if (!read_start(database + "-wal", bytes, size)) return false;
  // Frames of an earlier round of the WAL carry other salts; zeros are no WAL.
  return bytes[0] == kWalMagicByte &&
         std::memcmp(&bytes[kWalSaltsAt], &bytes[kFrameSaltsAt], kSaltsBytes) == 0;
}

}  // namespace eventodb::store::sqlite
