#include "store/sqlite/sqlite_index_file.hpp"

#include <spdlog/spdlog.h>

#include <cstring>

#include "store/sqlite/sqlite_index_statements.hpp"
#include "store/sqlite/sqlite_raw_file.hpp"
#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {
namespace {

constexpr char kForeign[] = "belongs to another log";

std::int64_t identity_number(const LogId& log_id) {
  std::uint32_t number = 0;
  std::memcpy(&number, log_id.data(), sizeof(number));
  return number & 0x7fffffff;
}

/// The file cannot be what this program wrote, as opposed to: cannot be read just now.
bool calls_for_rebuild(Code code) {
  return is_damage(code) || primary(code) == SQLITE_ERROR || primary(code) == SQLITE_SCHEMA;
}

}  // namespace

IndexFile::IndexFile() = default;
IndexFile::~IndexFile() = default;

DbResult<void> IndexFile::open(const std::string& path, const LogId& log_id, LogFile& log,
                               bool rebuild, int checkpoint_pages) {
  checkpoint_pages_ = checkpoint_pages;
  path_ = path;
  had_wal_ = exists(path + "-wal");
  if (!rebuild && exists(path)) {
    std::string reason;
    auto opened = open_existing(log_id, log, reason);
    if (!opened) return opened.error();
    if (*opened) return {};
    spdlog::warn("storage: {}: {}; it is rebuilt from the log", path, reason);
  }
  return make_empty(log_id);
}

DbResult<bool> IndexFile::open_existing(const LogId& log_id, LogFile& log, std::string& reason) {
  auto opened = Database::open(path_, Database::Access::kReadWrite);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  auto good = fits(log_id, log, reason);
  if (!good && calls_for_rebuild(good.error().code)) {
    reason = good.error().text;
    good = false;
  }
  if (!good || !*good) {
    drop_statements();
    database_.close_without_checkpoint();
  }
  return good;
}

DbResult<bool> IndexFile::fits(const LogId& log_id, LogFile& log, std::string& reason) {
  // Looked at before SQLite does, which may recover the WAL.
  RawHeader raw;
  const bool has_frames = has_wal_frames(path_);
  if (!read_raw_header(path_, raw)) return reason = "is no index", false;
  if (raw.application_id != identity_number(log_id)) return reason = kForeign, false;
  const auto version = database_.query_integer(sql::kIndexVersionInFile);
  if (!version) return version.error();
  if (*version == 0) return reason = "is half made", false;
  if (*version != kIndexVersion) return reason = "has another version", false;
  if (const Code code = prepare(); code != SQLITE_OK) return failure(code);
  Statement query;
  Code code = query.prepare(database_, sql::kIndexState);
  if (code == SQLITE_OK) code = query.step();
  if (code != SQLITE_ROW) return failure(code == SQLITE_DONE ? SQLITE_CORRUPT : code);
  if (query.bytes(0) != view(log_id)) return reason = kForeign, false;
  state_ = {query.integer(1), query.integer(3), query.integer(4)};
  if (ids_->id_count() != state_.message_count) return reason = "has lost ids", false;
  const std::string last_id(query.bytes(2));
  const bool is_whole = query.integer(6) != 0;
  const auto generation = database_.query_integer("PRAGMA user_version");
  if (!generation) return generation.error();
  generation_ = *generation;
  base_ = has_frames ? Base{query.integer(5), query.integer(7)}
                     : Base{raw.user_version, raw.page_count};
  if (!has_frames && !is_whole) return reason = "has lost its WAL", false;
  if (raw.user_version < base_.generation || raw.user_version > generation_) {
    return reason = "is older or newer than its WAL", false;
  }
  // Not raw.is_cut_off(): a checkpoint that was cut short leaves a header of more pages than it got
  // to, but the WAL has all that the file has had since its base.
  if (raw.file_pages < base_.pages) return reason = "has been cut off", false;
  if (state_.indexed_up_to < 0) return true;
  const auto id_in_log = log.message_id_at(state_.indexed_up_to);
  if (!id_in_log) return id_in_log.error();
  if (*id_in_log != last_id) return reason = "is ahead of the log or of another history", false;
  return true;
}

DbResult<void> IndexFile::make_empty(const LogId& log_id) {
  if (auto removed = remove_database(path_); !removed) {
    return Failure{SQLITE_CANTOPEN, removed.error().message};
  }
  if (auto made = make_file(path_); !made) return Failure{SQLITE_CANTOPEN, made.error().message};
  auto opened = Database::open(path_, Database::Access::kReadWrite);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  state_ = IndexState{};
  generation_ = first_generation();
  if (auto made = create_index(database_, identity_number(log_id), generation_); !made) return made;
  Code code = prepare();
  if (code != SQLITE_OK) return failure(code);
  if (auto noted = note_base(); !noted) return noted;
  Statement insert;
  code = insert.prepare(database_, sql::kInsertIndexState);
  if (code == SQLITE_OK) {
    insert.bind(1, kIndexVersion);
    insert.bind_blob(2, view(log_id));
    insert.bind(3, base_.generation);
    insert.bind(4, base_.pages);
    code = insert.run();
  }
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Code IndexFile::prepare() {
  Code code = database_.execute(sql::kWriterSettings);
  // NORMAL: a power cut may lose the newest steps but never damages the file.
  if (code == SQLITE_OK) code = database_.execute(sql::kSyncNormal);
  if (code == SQLITE_OK) code = database_.execute(sql::kIndexWriterCache);
  statements_ = std::make_unique<Statements>();
  names_ = std::make_unique<Names>();
  ids_ = std::make_unique<IdSegments>();
  if (code == SQLITE_OK) code = statements_->prepare(database_);
  if (code == SQLITE_OK) code = ids_->open(database_);
  wal_.attach(database_, checkpoint_pages_);
  return code;
}

DbResult<void> IndexFile::commit() {
  const Code code = statements_->commit.run();
  if (code != SQLITE_OK) {
    roll_back();
    return failure(code);
  }
  state_ = written_;
  ids_->commit();
  return {};
}

void IndexFile::roll_back() {
  names_->clear();  // they may hold numbers that no longer exist
  ids_->roll_back();
  if (sqlite3_get_autocommit(database_.handle()) != 0) return;
  // Fails only when SQLite has rolled back by itself.
  static_cast<void>(database_.execute(sql::kRollback));
}

DbResult<void> IndexFile::checkpoint_when_due() {
  if (!wal_.is_due()) return {};
  return checkpoint();
}

DbResult<void> IndexFile::checkpoint() {
  // As LogFile::checkpoint(); with the base, because this may be the first commit of the WAL.
  const std::string stamp =
      "BEGIN IMMEDIATE; PRAGMA user_version=" + std::to_string(generation_ + 1) +
      "; UPDATE state SET base_generation=" + std::to_string(base_.generation) +
      ", base_pages=" + std::to_string(base_.pages) + "; COMMIT";
  Code code = database_.execute(stamp.c_str());
  if (code != SQLITE_OK) {
    roll_back();
    return failure(code);
  }
  ++generation_;
  code = wal_.checkpoint(database_);
  if (code != SQLITE_OK) return failure(code);
  return wal_.is_complete() ? note_base() : DbResult<void>();
}

DbResult<void> IndexFile::note_base() {
  const auto pages = database_.query_integer("PRAGMA page_count");
  if (!pages) return pages.error();
  base_ = {generation_, *pages};
  return {};
}

DbResult<void> IndexFile::make_whole() {
  if (auto done = checkpoint(); !done) return done;
  if (!wal_.is_complete()) return failure(SQLITE_BUSY);
  // In a second round, so that the mark cannot reach the file before what it vouches for.
  const std::string mark =
      "UPDATE state SET is_whole=1, base_generation=" + std::to_string(base_.generation) +
      ", base_pages=" + std::to_string(base_.pages);
  if (const Code code = database_.execute(mark.c_str()); code != SQLITE_OK) return failure(code);
  return checkpoint();
}

void IndexFile::drop_statements() {
  statements_.reset();
  ids_.reset();
}

bool IndexFile::close() {
  if (!database_.is_open()) return true;
  const bool is_untouched = wal_.is_unused() && !had_wal_;
  if (auto done = is_untouched ? DbResult<void>() : make_whole(); !done) {
    spdlog::warn("storage: {}", done.error().text);
    close_without_checkpoint();
    return false;
  }
  drop_statements();
  database_.close();
  return true;
}

void IndexFile::close_without_checkpoint() {
  drop_statements();
  database_.close_without_checkpoint();
}

}  // namespace eventodb::store::sqlite
