#include "store/sqlite/sqlite_log_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "store/sqlite/row_checksum.hpp"
#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {
namespace {

/// A page of ours and the head of its frame.
constexpr sqlite3_int64 kFrameBytes = 8192 + 24;
/// A WAL of few commits stays as small as it is.
constexpr sqlite3_int64 kWalAheadFromBytes = 256 * 1024;
constexpr sqlite3_int64 kWalAheadBytesMax = 1024 * 1024;

Failure foreign(const std::string& path) {
  return {SQLITE_NOTADB, path + ": belongs to another namespace; files were swapped or restored"};
}

}  // namespace

std::int64_t first_generation() {
  std::int64_t start = 0;
  sqlite3_randomness(sizeof(start), &start);
  return (start & 0x3fffffff) + 1;
}

DbResult<MessageRow> MessageRow::read(const Statement& row, const Database& database,
                                      std::uint64_t seed) {
  MessageRow result;
  MessageView& message = result.message;
  message.global_position = GlobalPosition{row.integer(0)};
  result.stream_id = row.integer(1);
  message.position = Position{row.integer(2)};
  const auto id = row.bytes(3);
  if (id.size() != message.id.bytes.size()) {
    return database.failure(SQLITE_CORRUPT, "a message id has the wrong length");
  }
  std::memcpy(message.id.bytes.data(), id.data(), id.size());
  message.time = Timestamp{row.integer(4)};
  message.type = row.bytes(5);
  message.data = row.bytes(6);
  message.metadata = row.bytes(7);
  message.stream = row.bytes(9);
  if (row.integer(8) != row_checksum(message, result.stream_id, seed)) {
    return database.failure(SQLITE_CORRUPT, "the checksum of message " +
                                                std::to_string(message.global_position.value) +
                                                " does not match");
  }
  return result;
}

void WalWatch::attach(Database& database, int checkpoint_pages) {
  due_ = period_ = checkpoint_pages;
  sqlite3_wal_hook(
      database.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        auto& watch = *static_cast<WalWatch*>(self);
        if (pages < watch.pages_) watch.due_ = watch.period_;  // starts over
        watch.pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

Code WalWatch::checkpoint(Database& database) {
  int in_wal = 0;
  int moved = 0;
  const Code code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                              &in_wal, &moved);
  complete_ = code == SQLITE_OK && in_wal == moved;
  // A complete WAL is written from its start again by the next commit, unless a reader still
  // uses it; then its pages keep counting up and the next attempt comes a little later.
  due_ = pages_ + period_ / 4;
  const bool later = is_disk_full(code) || primary(code) == SQLITE_BUSY;
  return later ? SQLITE_OK : code;
}

DbResult<void> LogFile::create(const std::string& path, const LogId& log_id,
                               std::string_view namespace_id) {
  if (auto made = make_file(path); !made) return Failure{SQLITE_CANTOPEN, made.error().message};
  auto opened = Database::open(path, Database::Access::kReadWrite);
  if (!opened) return opened.error();
  Database database = std::move(*opened);
  const std::int64_t generation = first_generation();
  if (auto made = create_log(database, generation); !made) return made;
  Statement insert;
  Code code = insert.prepare(database, sql::kSetLogIdentity);
  if (code == SQLITE_OK) {
    insert.bind_blob(1, view(log_id));
    insert.bind_blob(2, namespace_id);
    insert.bind(3, generation);
    code = insert.run();
  }
  if (code != SQLITE_OK) return database.failure(code, "create");
  return {};
}

DbResult<void> LogFile::open(const std::string& path, const LogId& log_id,
                             std::string_view namespace_id, const FileOptions& options) {
  auto opened = open_and_check(path, log_id, namespace_id, options);
  // A checkpoint would mix what does not belong together, for good.
  if (!opened) close_without_checkpoint();
  return opened;
}

DbResult<void> LogFile::open_and_check(const std::string& path, const LogId& log_id,
                                       std::string_view namespace_id, const FileOptions& options) {
  RawHeader raw;
  had_frames_ = has_wal_frames(path);  // before SQLite recovers the WAL
  const bool has_header = read_raw_header(path, raw);
  auto opened = Database::open(path, Database::Access::kReadWrite);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  // SQLite would take an empty file for a new database and delete its WAL.
  if (!has_header) return Failure{SQLITE_NOTADB, path + ": is too short"};
  seed_ = checksum_seed(view(log_id));
  if (auto migrated = migrate_log(database_); !migrated) return migrated;
  if (auto checked = check_identity(log_id, namespace_id); !checked) return checked;
  if (auto checked = check_generation(raw); !checked) return checked;
  Code code = database_.execute(sql::kWriterSettings);
  // NORMAL syncs at checkpoints only, which keeps the file whole even in a power cut.
  must_sync_ = options.durability == Durability::kDisk;
  if (code == SQLITE_OK) code = database_.execute(sql::kSyncNormal);
  if (code == SQLITE_OK) code = database_.execute(sql::kLogWriterCache);
  if (code == SQLITE_OK) code = prepare();
  if (code != SQLITE_OK) return failure(code, "open");
  code = prepare_syncs();
  if (code != SQLITE_OK) return Failure{code, path + "-wal: sync: " + sqlite3_errstr(code)};
  wal_.attach(database_, options.checkpoint_pages);
  return {};
}

DbResult<void> LogFile::check_identity(const LogId& log_id, std::string_view namespace_id) {
  Statement query;
  Code code = query.prepare(database_, sql::kLogIdentity);
  if (code != SQLITE_OK) return failure(code, "read the identity");
  code = query.step();
  if (code != SQLITE_ROW) {
    return code == SQLITE_DONE ? foreign(database_.path()) : failure(code, "read the identity");
  }
  if (query.bytes(0) != view(log_id) || query.bytes(1) != namespace_id) {
    return foreign(database_.path());
  }
  base_generation_ = query.integer(2);
  return {};
}

DbResult<void> LogFile::check_generation(const RawHeader& raw) {
  const auto generation = database_.query_integer("PRAGMA application_id");
  if (!generation) return generation.error();
  generation_ = *generation;
  // A checkpoint that a power cut tore left no header; SQLite has read it from the WAL.
  if (!raw.is_database) return {};
  if (!had_frames_) {
    is_base_stored_ = base_generation_ == raw.application_id;
    base_generation_ = raw.application_id;
  }
  if (raw.application_id < base_generation_ || raw.application_id > generation_) {
    return Failure{
        SQLITE_NOTADB,
        database_.path() + ": does not belong to its WAL; one of them was restored alone"};
  }
  // With a WAL the header may be that of a checkpoint that did not get further, and SQLite makes
  // one of its own, without a new number, when the file is closed.
  if (raw.is_cut_off() && !had_frames_) {
    return Failure{SQLITE_CORRUPT, database_.path() + ": has been cut off"};
  }
  return {};
}

Code LogFile::prepare() {
  Code code = begin_.prepare(database_, sql::kBeginImmediate);
  if (code == SQLITE_OK) code = commit_.prepare(database_, sql::kCommit);
  if (code == SQLITE_OK) code = insert_stream_.prepare(database_, sql::kInsertStream);
  if (code == SQLITE_OK) code = rows_.attach(database_, seed_);
  if (code == SQLITE_OK) code = insert_messages_.prepare(database_, sql::kInsertMessages);
  if (code == SQLITE_OK) code = fetch_.prepare(database_, sql::kFetchMessage);
  if (code == SQLITE_OK) code = set_base_.prepare(database_, sql::kSetBaseGeneration);
  return code;
}

Code LogFile::prepare_syncs() {
  if (!must_sync_) return SQLITE_OK;
  // A file that was not in WAL mode before gets its WAL with the first read.
  Code code = database_.execute(sql::kReadNothing);
  // All at once: one that is opened later would not be told of a failure before.
  for (std::size_t i = 0; code == SQLITE_OK && i < syncs_.size(); ++i) {
    code = syncs_[i].open(database_);
  }
  // What a crash left unsynced is seen from now on, and repeated writes are answered by it.
  if (code == SQLITE_OK && had_frames_) code = sync(0);
  return code;
}

DbResult<LogFile::Newest> LogFile::newest() {
  Statement query;
  Code code = query.prepare(database_, sql::kNewestMessage);
  if (code == SQLITE_OK) code = query.step();
  if (code == SQLITE_DONE) return Newest{};
  if (code != SQLITE_ROW) return failure(code, "find the newest message");
  return Newest{true, query.integer(0), query.integer(1)};
}

DbResult<std::int64_t> LogFile::last_stream_id() {
  return database_.query_integer(sql::kLastStreamId);
}

DbResult<std::string> LogFile::message_id_at(std::int64_t global_position) {
  Statement query;
  Code code = query.prepare(database_, sql::kMessageIdAt);
  if (code == SQLITE_OK) {
    query.bind(1, global_position);
    code = query.step();
  }
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return failure(code, "read a message id");
  return std::string(query.bytes(0));
}

Code LogFile::begin() {
  const Code code = begin_.run();
  if (code != SQLITE_OK || is_base_stored_) return code;
  set_base_.bind(1, base_generation_);
  return set_base_.run();
}

Code LogFile::commit() {
  const Code code = commit_.run();
  if (code == SQLITE_OK) is_base_stored_ = true;
  return code;
}

bool LogFile::wants_room() const {
  const sqlite3_int64 used = wal_.pages() * kFrameBytes;
  const bool has_room = wal_bytes_ >= used + std::min(used, kWalAheadBytesMax) / 2;
  return must_sync_ && used >= kWalAheadFromBytes && !has_room;
}

void LogFile::keep_wal_ahead() noexcept {
  if (!wants_room()) return;
  static constexpr std::array<char, 64 * 1024> kZeros{};
  const sqlite3_int64 used = wal_.pages() * kFrameBytes;
  const sqlite3_int64 wanted = used + std::min(used, kWalAheadBytesMax);
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(database_.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  sqlite3_int64 size = 0;
  bool is_written = wal != nullptr && wal->pMethods != nullptr &&
                    wal->pMethods->xFileSize(wal, &size) == SQLITE_OK;
  for (; is_written && size < wanted; size += static_cast<sqlite3_int64>(kZeros.size())) {
    is_written = wal->pMethods->xWrite(wal, kZeros.data(), kZeros.size(), size) == SQLITE_OK;
  }
  wal_bytes_ = std::max(size, wanted);
}

Code LogFile::checkpoint() {
  if (wal_.is_unused() && !had_frames_) return SQLITE_OK;
  // Every checkpoint leaves another number in the file's header, and the first commit of the next
  // round of the WAL notes the one it builds on: that is how a file that was exchanged below its
  // WAL is noticed.
  const std::string stamp = "PRAGMA application_id=" + std::to_string(generation_ + 1);
  Code code = database_.execute(stamp.c_str());
  if (is_disk_full(code)) return SQLITE_OK;
  if (code != SQLITE_OK) return code;
  ++generation_;
  code = wal_.checkpoint(database_);
  if (code == SQLITE_OK && wal_.is_complete()) {
    base_generation_ = generation_;
    is_base_stored_ = false;
  }
  return code;
}

Code LogFile::insert_stream(const LogMessage& message) {
  insert_stream_.bind(1, message.stream_id);
  insert_stream_.bind_blob(2, message.view.stream);
  return insert_stream_.run();
}

Code LogFile::insert(std::span<const LogMessage> messages) {
  for (const LogMessage& message : messages) {
    if (!message.is_new_stream) continue;
    if (const Code code = insert_stream(message); code != SQLITE_OK) return code;
  }
  rows_.set(messages);
  const Code code = insert_messages_.run();
  rows_.set({});
  if (code != SQLITE_OK) return code;
  // SQLite numbered the rows, from the last one's number on.
  sqlite3* const handle = database_.handle();
  const bool is_in_place =
      sqlite3_changes64(handle) == static_cast<sqlite3_int64>(messages.size()) &&
      sqlite3_last_insert_rowid(handle) == messages.back().view.global_position.value;
  return is_in_place ? SQLITE_OK : SQLITE_CORRUPT;
}

void LogFile::rollback() {
  if (sqlite3_get_autocommit(database_.handle()) != 0) return;
  // Fails only when SQLite has rolled back by itself.
  static_cast<void>(database_.execute(sql::kRollback));
}

DbResult<bool> LogFile::fetch(std::int64_t global_position, MessageRow& row) {
  fetch_.reset();
  fetch_.bind(1, global_position);
  const Code code = fetch_.step();
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return failure(code, "fetch a message");
  auto read = MessageRow::read(fetch_, database_, seed_);
  if (!read) return read.error();
  row = *read;
  return true;
}

void LogFile::close() {
  finalize();
  database_.close();
}

void LogFile::close_without_checkpoint() {
  finalize();
  database_.close_without_checkpoint();
}

void LogFile::finalize() {
  for (Statement* each :
       {&begin_, &commit_, &insert_stream_, &insert_messages_, &fetch_, &set_base_}) {
    *each = Statement();
  }
}

DbResult<void> LogScan::start(LogFile& log, std::int64_t after) {
  log_ = &log;
  const Code code = scan_.prepare(log.database(), sql::kScanMessages);
  if (code != SQLITE_OK) return log.failure(code, "scan");
  scan_.bind(1, after);
  return {};
}

DbResult<bool> LogScan::next(MessageRow& row) {
  const Code code = scan_.step();
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return log_->failure(code, "scan");
  auto read = MessageRow::read(scan_, log_->database(), log_->seed());
  if (!read) return read.error();
  row = *read;
  return true;
}

}  // namespace eventodb::store::sqlite
