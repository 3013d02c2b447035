#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace eventodb::test {

/// SQLite's file layer with a hook before everything that changes a file, and a gate before reads
/// too. While an object lives, it is the layer of every connection opened; connections must be
/// closed before it ends. Shared memory (-shm) and locks pass through unseen: both are made anew
/// after a crash.
class FaultVfs {
 public:
  enum class Operation : std::uint8_t { kRead, kWrite, kTruncate, kSync, kDelete };
  struct Event {
    Operation operation;
    std::string_view path;
    std::int64_t offset = 0;  ///< of a read or write; the new size of a truncate
    std::string_view bytes;   ///< of a write
  };
  /// SQLITE_OK lets the operation happen; another code is what SQLite gets instead of it. Called
  /// from any thread, one at a time.
  using Hook = std::function<int(const Event&)>;

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  void set_hook(Hook hook);
  /// Called before the hook and before every read, by any number of threads at once, and may block.
  /// Set it while no file is used.
  void set_gate(std::function<void(const Event&)> gate);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace eventodb::test
