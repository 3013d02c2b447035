#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "eventodb/message.hpp"

namespace eventodb::crash {

/// What became of an append, as its caller knows it.
enum class Outcome : std::uint8_t { kUnknown, kStored, kRefused };

/// One message that was sent: everything needed to tell later whether the store is right about it.
/// Messages of one append share `batch` and follow each other in the ledger.
struct Entry {
  std::uint32_t batch = 0;
  std::uint32_t batch_size = 1;
  std::int32_t stream = 0;
  bool has_id = false;
  bool has_expected = false;
  std::int64_t expected = 0;
  MessageId id;
  /// In the order of one clock for sends and answers; 0: not sent yet, and what is above may be
  /// incomplete.
  std::uint64_t sent_at = 0;
  std::atomic<std::uint64_t> answered_at{0};  ///< 0: never; stored last
  Outcome outcome = Outcome::kUnknown;
  std::int64_t position = -1;
  std::int64_t global_position = -1;
};

/// The ledger lies in memory that survives the process that writes it (MAP_SHARED): what is killed
/// keeps no secret. One writer process; read after its end.
class Ledger {
 public:
  static constexpr std::size_t kEntriesMax = 200'000;

  /// Maps it. Aborts when there is no memory.
  static Ledger& make();
  static void release(Ledger& ledger);

  /// Room for a batch; false when full.
  bool claim(std::uint32_t count, std::uint32_t& first);
  std::uint64_t tick() { return ++clock_; }
  std::uint32_t size() const { return used_.load(); }
  Entry& operator[](std::uint32_t i) { return entries_[i]; }
  void clear();

 private:
  std::atomic<std::uint32_t> used_{0};
  std::atomic<std::uint64_t> clock_{0};
  Entry entries_[kEntriesMax];
};

/// The type of every message.
inline constexpr std::string_view kType = "Written";
std::string stream_name(std::int32_t stream);
/// Data from which the entry can be found again; its length varies.
std::string data_of(std::uint32_t entry);
/// The entry of a stored message's data; UINT32_MAX when it is nothing that was sent.
std::uint32_t entry_of(std::string_view data);

}  // namespace eventodb::crash
