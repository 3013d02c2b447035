#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/http_client.hpp"
#include "wire/allocation/allocation_ledger.hpp"

namespace eventodb::test {

/// The test's end of a ledger, in a file of its own.
class SharedLedger {
 public:
  /// Makes the file; throws std::runtime_error when that fails.
  explicit SharedLedger(const std::string& path);
  ~SharedLedger();
  SharedLedger(const SharedLedger&) = delete;
  SharedLedger& operator=(const SharedLedger&) = delete;

  /// Forgets what was counted and counts from now on, until stop().
  void start();
  void stop() { ledger_->counting = false; }

  std::uint64_t sqlite_allocations() const { return ledger_->sqlite_allocations; }

  /// Allocations outside SQLite by the names of the functions on their stack, innermost first, one
  /// a line. The server names them. REQUIRES: stopped.
  std::map<std::string, std::uint64_t> by_stack(HttpClient& server, const std::string& token) const;

 private:
  AllocationLedger* ledger_;
};

}  // namespace eventodb::test
