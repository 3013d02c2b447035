#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace eventodb::test {

/// What counting_malloc.cpp, loaded into the server, tells the test: a file that both map. Zero
/// bytes are its initial state.
struct AllocationLedger {
  static constexpr std::size_t kStacksMax = 512;
  static constexpr std::size_t kFramesMax = 40;

  /// Allocations made from one place.
  struct Site {
    std::uint64_t allocations;
    std::uint64_t bytes;
    std::size_t depth;
    std::array<std::uintptr_t, kFramesMax> frames;  ///< return addresses, innermost first
  };

  std::atomic<bool> counting;  ///< set and cleared by the test
  std::atomic<std::uint64_t> sqlite_allocations;
  std::atomic<std::uint64_t> sqlite_bytes;

  std::atomic_flag locked;     ///< guards all below; held by the server only for a moment
  std::uint64_t without_room;  ///< allocations whose site found no room
  std::size_t sites_used;
  std::array<Site, kStacksMax> sites;
};

/// The environment variable that names the file.
inline constexpr char kLedgerVariable[] = "EVENTODB_TEST_ALLOCATION_LEDGER";

}  // namespace eventodb::test
