#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "crash/store/store_ledger.hpp"
#include "store/sqlite/sqlite_options.hpp"

namespace eventodb::crash {

/// A child process that writes to a store until it is killed, noting in the ledgers (one per
/// namespace) what it sends and what it is answered.
class WriterProcess {
 public:
  /// Forks. REQUIRES: no other thread runs in this process.
  WriterProcess(const store::sqlite::StoreOptions& options, std::vector<Ledger*> ledgers,
                std::uint64_t seed);
  ~WriterProcess();
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  /// Blocks until the store is open and writing has begun; false: the child ended before.
  bool wait_until_writing();
  /// Kills it at once and waits for its end. False: it had ended by itself, which is a failure.
  bool kill();

 private:
  pid_t child_ = -1;
  int begun_ = -1;  // the read end of a pipe
};

/// The id of the n-th namespace the writer uses; it makes those that are missing.
std::string namespace_id(std::size_t n);

}  // namespace eventodb::crash
