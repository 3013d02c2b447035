#include "support/fault_vfs.hpp"

#include <mutex>
#include <new>
#include <stdexcept>

namespace eventodb::test {

struct FaultVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::mutex mutex;
  Hook hook;
  std::function<void(const Event&)> gate;

  int ask(const Event& event) {
    if (gate) gate(event);
    const std::lock_guard lock(mutex);
    return hook ? hook(event) : SQLITE_OK;
  }
};

namespace {

/// The real file lies behind this one in the memory SQLite gives.
struct File {
  sqlite3_file base;
  FaultVfs::State* state;
  const char* path;  // SQLite keeps the name as long as the file is open

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& self(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return self(file).real();
}
const sqlite3_io_methods& methods(sqlite3_file* file) {
  return *real(file)->pMethods;
}

int close(sqlite3_file* file) {
  return methods(file).xClose(real(file));
}
int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
  const auto& gate = self(file).state->gate;
  if (gate) gate({FaultVfs::Operation::kRead, self(file).path, at, {}});
  return methods(file).xRead(real(file), to, bytes, at);
}
int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  const std::string_view content(static_cast<const char*>(from), static_cast<std::size_t>(bytes));
  const int code =
      self(file).state->ask({FaultVfs::Operation::kWrite, self(file).path, at, content});
  return code != SQLITE_OK ? code : methods(file).xWrite(real(file), from, bytes, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code =
      self(file).state->ask({FaultVfs::Operation::kTruncate, self(file).path, size, {}});
  return code != SQLITE_OK ? code : methods(file).xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) {
  const int code = self(file).state->ask({FaultVfs::Operation::kSync, self(file).path, 0, {}});
  return code != SQLITE_OK ? code : methods(file).xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return methods(file).xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
  return methods(file).xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return methods(file).xUnlock(real(file), level);
}
int check_reserved(sqlite3_file* file, int* result) {
  return methods(file).xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return methods(file).xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return methods(file).xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
  return methods(file).xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return methods(file).xShmMap(real(file), page, size, extend, memory);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return methods(file).xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
  methods(file).xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return methods(file).xShmUnmap(real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

FaultVfs::State& state_of(sqlite3_vfs* vfs) {
  return *static_cast<FaultVfs::State*>(vfs->pAppData);
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs::State& state = state_of(vfs);
  auto* opened =
      ::new (static_cast<void*>(file)) File{{nullptr}, &state, name != nullptr ? name : ""};
  const int code = state.real->xOpen(state.real, name, opened->real(), flags, out_flags);
  opened->base.pMethods = code == SQLITE_OK ? &kMethods : nullptr;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  FaultVfs::State& state = state_of(vfs);
  const int code = state.ask({FaultVfs::Operation::kDelete, name, 0, {}});
  return code != SQLITE_OK ? code : state.real->xDelete(state.real, name, sync_directory);
}

}  // namespace

FaultVfs::FaultVfs() : state_(std::make_unique<State>()) {
  sqlite3_initialize();
  state_->real = sqlite3_vfs_find(nullptr);
  state_->vfs = *state_->real;
  sqlite3_vfs& vfs = state_->vfs;
  vfs.zName = "fault";
  vfs.pNext = nullptr;
  vfs.pAppData = state_.get();
  vfs.szOsFile = static_cast<int>(sizeof(File)) + state_->real->szOsFile;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::runtime_error("no fault layer");
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
}

void FaultVfs::set_hook(Hook hook) {
  const std::lock_guard lock(state_->mutex);
  state_->hook = std::move(hook);
}

void FaultVfs::set_gate(std::function<void(const Event&)> gate) {
  state_->gate = std::move(gate);
}

}  // namespace eventodb::test
