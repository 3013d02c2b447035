#include "store/sqlite/sqlite_wal_sync.hpp"

namespace eventodb::store::sqlite {
namespace {

sqlite3_file* as_file(std::byte* memory) {
  return reinterpret_cast<sqlite3_file*>(memory);
}

}  // namespace

WalSync::~WalSync() {
  if (file_ != nullptr) as_file(file_.get())->pMethods->xClose(as_file(file_.get()));
}

Code WalSync::open(Database& database) {
  sqlite3_vfs* layer = nullptr;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_VFS_POINTER, &layer);
  path_ = database.path() + "-wal";
  auto memory = std::make_unique<std::byte[]>(static_cast<std::size_t>(layer->szOsFile));
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL;
  const Code code = layer->xOpen(layer, path_.c_str(), as_file(memory.get()), kFlags, nullptr);
  if (code == SQLITE_OK) file_ = std::move(memory);
  return code;
}

Code WalSync::sync() {
  sqlite3_file* file = as_file(file_.get());
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

}  // namespace eventodb::store::sqlite
