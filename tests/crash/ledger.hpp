#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace eventodb::test {

/// One write as its client knows it.
struct LedgerCall {
  enum class State : std::uint8_t { kUnknown, kAcknowledged, kRefused };

  std::int64_t number = 0;
  std::string stream;
  std::string id;          ///< "" when the server makes one
  std::int64_t batch = 0;  ///< messages of one batch have the same; 0: sent alone
  std::string data;
  State state = State::kUnknown;
  std::int64_t position = -1;
  std::int64_t global_position = -1;
  std::uint64_t sent_at = 0;      ///< in the order of one clock for sends and answers
  std::uint64_t answered_at = 0;  ///< 0: never
  std::string contradiction;      ///< a later answer that differed from the first
};

/// One message as a read delivered it.
struct FoundMessage {
  std::string id;
  std::string stream;
  std::int64_t position = 0;
  std::int64_t global_position = 0;
  std::int64_t number = 0;  ///< of the call, from its data
  std::string data;
};

/// What clients sent and what they were answered, kept outside the process that is killed.
/// Thread-safe.
class Ledger {
 public:
  /// Notes that a write is about to be sent. `make_data` gets the call's number, which the data
  /// must hold.
  LedgerCall begin(const std::string& stream, const std::string& id,
                   const std::function<std::string(std::int64_t)>& make_data,
                   std::int64_t batch = 0);
  /// A number for the messages of a new batch.
  std::int64_t new_batch();
  void acknowledge(std::int64_t number, std::int64_t position, std::int64_t global_position);
  void refuse(std::int64_t number);

  /// The server is dead: what has no answer by now gets none.
  void end_cycle();
  /// Some call of an ended cycle, sent alone with an id, whose answer never came.
  std::optional<LedgerCall> any_unknown_with_id(std::uint64_t choice) const;
  std::size_t acknowledged_count() const;

  /// Compares everything that is stored, in global order, with what is known: I1 to I6 and I9 of
  /// the invariants, and that batches are there whole or not at all. One line per violation.
  std::vector<std::string> check(const std::vector<FoundMessage>& found) const;

 private:
  mutable std::mutex mutex_;
  std::vector<LedgerCall> calls_;
  std::uint64_t clock_ = 0;
  std::int64_t batches_ = 0;
  std::size_t ended_calls_ = 0;  // of ended cycles
};

}  // namespace eventodb::test
