#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "eventodb/config.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::store::sqlite {

/// How the files of one namespace are written.
struct FileOptions {
  Durability durability = Durability::kDisk;
  int checkpoint_pages = limits::kCheckpointPages;
  std::size_t tail_messages_max = limits::kTailMessagesMax;
  std::size_t tail_bytes_max = limits::kTailBytesMax;
};

/// What a store is opened with. The bounds differ from limits.hpp in tests only.
struct StoreOptions {
  std::string db_url = {};  ///< "" or "sqlite://..."
  std::string data_dir = {};
  Durability durability = Durability::kDisk;
  std::size_t open_namespaces_max = limits::kOpenNamespacesMax;
  int checkpoint_pages = limits::kCheckpointPages;
  std::size_t tail_messages_max = limits::kTailMessagesMax;
  std::size_t tail_bytes_max = limits::kTailBytesMax;
  std::chrono::milliseconds index_delay = limits::kIndexDelay;
  std::size_t pending_appends_max = limits::kPendingAppendsMax;
  std::size_t pending_append_bytes_max = limits::kPendingAppendBytesMax;
  std::size_t commit_messages_max = limits::kCommitMessagesMax;
  std::size_t commit_bytes_max = limits::kCommitBytesMax;
  std::chrono::microseconds slow_sync = limits::kSlowSync;

  FileOptions file_options() const {
    return {durability, checkpoint_pages, tail_messages_max, tail_bytes_max};
  }
};

}  // namespace eventodb::store::sqlite
