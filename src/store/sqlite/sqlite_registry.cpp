#include "store/sqlite/sqlite_registry.hpp"

#include <algorithm>
#include <cstring>

#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {
namespace {

constexpr int kCheckpointPages = 200;  // of the registry's WAL

template <std::size_t n>
bool read_exactly(std::string_view bytes, std::array<char, n>& to) {
  if (bytes.size() != n) return false;
  std::memcpy(to.data(), bytes.data(), n);
  return true;
}

}  // namespace

DbResult<void> Registry::open(const std::string& path) {
  const auto made = make_file(path);
  if (!made) return Failure{SQLITE_CANTOPEN, made.error().message};
  auto opened = Database::open(path, Database::Access::kReadWrite);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  const auto tables = database_.query_integer("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  // No tables: new, or its creation was interrupted before anything was kept in it.
  auto ready = *tables == 0 ? create_registry(database_) : migrate_registry(database_);
  if (!ready) return ready;
  Code code = database_.execute(sql::kWriterSettings);
  if (code == SQLITE_OK) code = database_.execute(sql::kSyncFull);
  if (code == SQLITE_OK) code = database_.execute(sql::kRegistryCache);
  if (code != SQLITE_OK) return database_.failure(code, "open");
  sqlite3_wal_autocheckpoint(database_.handle(), kCheckpointPages);
  return {};
}

DbResult<std::vector<RegistryRow>> Registry::rows() {
  const std::lock_guard lock(mutex_);
  std::vector<RegistryRow> rows;
  Statement query;
  Code code = query.prepare(database_, sql::kListNamespaces);
  while (code == SQLITE_OK && (code = query.step()) == SQLITE_ROW) {
    RegistryRow row;
    row.serial = query.integer(0);
    row.id = query.bytes(1);
    row.directory = query.bytes(2);
    row.description = query.bytes(4);
    row.created_at = Timestamp{query.integer(6)};
    row.message_count = query.integer(7);
    row.is_clean = query.integer(8) != 0;
    if (!read_exactly(query.bytes(3), row.log_id) ||
        !read_exactly(query.bytes(5), row.token_hash) || row.directory.empty() ||
        row.directory.find('/') != std::string::npos || row.directory[0] == '.') {
      return database_.failure(SQLITE_CORRUPT, "a namespace has an impossible value");
    }
    rows.push_back(std::move(row));
    code = SQLITE_OK;
  }
  if (code != SQLITE_DONE) return database_.failure(code, "read the namespaces");
  return rows;
}

DbResult<std::int64_t> Registry::next_serial() {
  const std::lock_guard lock(mutex_);
  return database_.query_integer(sql::kNextSerial);
}

DbResult<void> Registry::finish(Code code, std::string_view doing) {
  if (code == SQLITE_OK) return {};
  return database_.failure(code, doing);
}

DbResult<void> Registry::insert(const RegistryRow& row, std::string_view metadata) {
  const std::lock_guard lock(mutex_);
  Statement insert;
  Code code = insert.prepare(database_, sql::kInsertNamespace);
  if (code == SQLITE_OK) {
    insert.bind(1, row.serial);
    insert.bind_text(2, row.id);
    insert.bind_text(3, row.directory);
    insert.bind_blob(4, view(row.log_id));
    insert.bind_text(5, row.description);
    insert.bind_text(6, metadata);
    insert.bind_text(7, {row.token_hash.data(), row.token_hash.size()});
    insert.bind(8, row.created_at.us);
    code = insert.run();
  }
  return finish(code, "add a namespace");
}

DbResult<void> Registry::remove(const RegistryRow& row) {
  const std::lock_guard lock(mutex_);
  Statement note;
  Statement remove;
  Code code = note.prepare(database_, sql::kInsertLeftover);
  if (code == SQLITE_OK) code = remove.prepare(database_, sql::kDeleteNamespace);
  if (code == SQLITE_OK) code = database_.execute(sql::kBeginImmediate);
  if (code == SQLITE_OK) {
    note.bind_text(1, row.directory);
    remove.bind(1, row.serial);
    code = note.run();
    if (code == SQLITE_OK) code = remove.run();
    if (code == SQLITE_OK) code = database_.execute(sql::kCommit);
    auto result = finish(code, "remove a namespace");
    // Fails only when SQLite has rolled back by itself.
    if (code != SQLITE_OK) static_cast<void>(database_.execute(sql::kRollback));
    return result;
  }
  return finish(code, "remove a namespace");
}

DbResult<void> Registry::set_token_hash(std::int64_t serial, const TokenHash& hash) {
  const std::lock_guard lock(mutex_);
  Statement update;
  Code code = update.prepare(database_, sql::kSetTokenHash);
  if (code == SQLITE_OK) {
    update.bind(1, serial);
    update.bind_text(2, {hash.data(), hash.size()});
    code = update.run();
  }
  return finish(code, "change a token");
}

DbResult<void> Registry::set_count(std::int64_t serial, std::int64_t message_count, bool is_clean) {
  const std::lock_guard lock(mutex_);
  Statement update;
  Code code = update.prepare(database_, sql::kSetCount);
  if (code == SQLITE_OK) {
    update.bind(1, serial);
    update.bind(2, message_count);
    update.bind(3, is_clean ? 1 : 0);
    code = update.run();
  }
  return finish(code, "note a count");
}

DbResult<std::vector<std::string>> Registry::leftovers() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> directories;
  Statement query;
  Code code = query.prepare(database_, sql::kListLeftovers);
  while (code == SQLITE_OK && (code = query.step()) == SQLITE_ROW) {
    directories.emplace_back(query.bytes(0));
    code = SQLITE_OK;
  }
  if (code != SQLITE_DONE) return database_.failure(code, "read the leftovers");
  return directories;
}

DbResult<void> Registry::forget_leftover(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  Statement remove;
  Code code = remove.prepare(database_, sql::kDeleteLeftover);
  if (code == SQLITE_OK) {
    remove.bind_text(1, directory);
    code = remove.run();
  }
  return finish(code, "forget a leftover");
}

void Registry::close() {
  const std::lock_guard lock(mutex_);
  database_.close();
}

}  // namespace eventodb::store::sqlite
