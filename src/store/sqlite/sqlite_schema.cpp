#include "store/sqlite/sqlite_schema.hpp"

#include <array>
#include <span>
#include <string>

namespace eventodb::store::sqlite {
namespace {

constexpr char kRegistryTables[] = R"sql(
CREATE TABLE namespaces(
  serial INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  directory TEXT NOT NULL UNIQUE,
  log_id BLOB NOT NULL,
  description TEXT NOT NULL,
  metadata TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  clean INTEGER NOT NULL);
CREATE TABLE leftovers(directory TEXT PRIMARY KEY) WITHOUT ROWID;
)sql";

constexpr char kLogTables[] = R"sql(
CREATE TABLE identity(
  one INTEGER PRIMARY KEY CHECK (one = 1), log_id BLOB NOT NULL, namespace_id BLOB NOT NULL,
  base_generation INTEGER NOT NULL);
CREATE TABLE streams(stream_id INTEGER PRIMARY KEY, name BLOB NOT NULL);
CREATE TABLE messages(
  global_position INTEGER PRIMARY KEY,
  stream_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  id BLOB NOT NULL,
  time INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  metadata TEXT,
  checksum INTEGER NOT NULL);
)sql";

constexpr char kIndexTables[] = R"sql(
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  log_id BLOB NOT NULL,
  indexed_up_to INTEGER NOT NULL,
  last_id BLOB NOT NULL,
  last_stream_id INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  base_generation INTEGER NOT NULL,
  is_whole INTEGER NOT NULL,
  base_pages INTEGER NOT NULL);
CREATE TABLE categories(
  category_id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,
  stream_count INTEGER NOT NULL, message_count INTEGER NOT NULL);
CREATE TABLE correlations(correlation_id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
CREATE TABLE streams(
  stream_id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, category_id INTEGER NOT NULL,
  version INTEGER NOT NULL, last_time INTEGER NOT NULL, group_hash INTEGER);
CREATE INDEX streams_of_category ON streams(category_id, stream_id, group_hash);
CREATE TABLE stream_pages(
  stream_id INTEGER NOT NULL, first_position INTEGER NOT NULL, messages BLOB NOT NULL,
  PRIMARY KEY (stream_id, first_position)) WITHOUT ROWID;
CREATE TABLE category_pages(
  category_id INTEGER NOT NULL, first_global_position INTEGER NOT NULL, messages BLOB NOT NULL,
  PRIMARY KEY (category_id, first_global_position)) WITHOUT ROWID;
CREATE TABLE id_pages(page INTEGER PRIMARY KEY, ids BLOB NOT NULL);
CREATE TABLE id_parts(
  segment_id INTEGER NOT NULL, part INTEGER NOT NULL, pages BLOB NOT NULL, filter BLOB NOT NULL,
  PRIMARY KEY (segment_id, part)) WITHOUT ROWID;
CREATE TABLE id_segments(
  segment_id INTEGER PRIMARY KEY, is_complete INTEGER NOT NULL, merged_into INTEGER NOT NULL);
CREATE TABLE last_of_type(
  stream_id INTEGER NOT NULL, type TEXT NOT NULL, global_position INTEGER NOT NULL,
  PRIMARY KEY (stream_id, type)) WITHOUT ROWID;
CREATE TABLE correlation_messages(
  correlation_id INTEGER NOT NULL, global_position INTEGER NOT NULL, stream_id INTEGER NOT NULL,
  PRIMARY KEY (correlation_id, global_position)) WITHOUT ROWID;
CREATE TABLE correlation_category_messages(
  correlation_id INTEGER NOT NULL, category_id INTEGER NOT NULL,
  global_position INTEGER NOT NULL, stream_id INTEGER NOT NULL,
  PRIMARY KEY (correlation_id, category_id, global_position)) WITHOUT ROWID;
)sql";

/// Step i brings version i + 1 to i + 2. Never changed once released, only added to.
using Migrations = std::span<const char* const>;
constexpr std::array<const char*, kRegistryVersion - 1> kRegistryMigrations{};
constexpr std::array<const char*, kLogVersion - 1> kLogMigrations{};

DbResult<void> run(Database& database, const std::string& script, std::string_view doing) {
  const Code code = database.execute(script.c_str());
  if (code == SQLITE_OK) return {};
  Failure failure = database.failure(code, doing);
  if (sqlite3_get_autocommit(database.handle()) == 0) {
    // The failure already decides; a rollback that fails too leaves the file as it was.
    static_cast<void>(database.execute(sql::kRollback));
  }
  return failure;
}

/// Tables first, in rollback-journal mode, so that the file itself and not a WAL holds them.
DbResult<void> create(Database& database, const char* tables, std::int64_t user_version,
                      std::int64_t application_id = 0) {
  std::string script = "PRAGMA page_size=8192; PRAGMA journal_mode=DELETE; BEGIN IMMEDIATE;";
  script.append(tables).append("PRAGMA user_version=").append(std::to_string(user_version));
  script.append("; PRAGMA application_id=").append(std::to_string(application_id));
  script.append("; COMMIT; PRAGMA journal_mode=WAL;");
  return run(database, script, "create");
}

DbResult<void> migrate(Database& database, Migrations steps) {
  const auto found = database.query_integer("PRAGMA user_version");
  if (!found) return found.error();
  const auto newest = static_cast<std::int64_t>(steps.size()) + 1;
  if (*found < 1 || *found > newest) {
    return Failure{SQLITE_NOTADB, database.path() + ": has schema version " +
                                      std::to_string(*found) + "; this program knows 1 to " +
                                      std::to_string(newest)};
  }
  for (auto version = static_cast<std::size_t>(*found); version <= steps.size(); ++version) {
    std::string script = "BEGIN IMMEDIATE;";
    script.append(steps[version - 1]).append("; PRAGMA user_version=");
    script.append(std::to_string(version + 1)).append("; COMMIT;");
    if (auto done = run(database, script, "migrate"); !done) return done;
  }
  return {};
}

}  // namespace

DbResult<void> create_registry(Database& database) {
  return create(database, kRegistryTables, kRegistryVersion);
}

DbResult<void> create_log(Database& database, std::int64_t generation) {
  return create(database, kLogTables, kLogVersion, generation);
}

DbResult<void> create_index(Database& database, std::int64_t identity, std::int64_t generation) {
  // user_version counts checkpoints here; the schema version stands in `state`.
  return create(database, kIndexTables, generation, identity);
}

DbResult<void> migrate_registry(Database& database) {
  return migrate(database, kRegistryMigrations);
}

DbResult<void> migrate_log(Database& database) {
  return migrate(database, kLogMigrations);
}

}  // namespace eventodb::store::sqlite
