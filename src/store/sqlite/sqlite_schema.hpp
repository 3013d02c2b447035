#pragma once

#include <cstdint>

#include "store/sqlite/sqlite_connection.hpp"

/// All SQL of this backend: the tables of its three kinds of files, how older ones are brought
/// forward, and the statements. docs/storage.md explains the columns.
namespace eventodb::store::sqlite {

inline constexpr int kRegistryVersion = 1;
inline constexpr int kLogVersion = 1;
inline constexpr int kIndexVersion = 4;  ///< an index of any other version is rebuilt

/// Makes the tables in an empty file and leaves it in WAL mode.
DbResult<void> create_registry(Database& database);
/// `generation` goes into the file's header (application_id).
DbResult<void> create_log(Database& database, std::int64_t generation);
/// `identity` and `generation` go into the file's header (application_id, user_version).
DbResult<void> create_index(Database& database, std::int64_t identity, std::int64_t generation);

/// Brings an older file to this version, one step per version, each in a transaction of its own.
/// Fails for a newer file with a text that says so.
DbResult<void> migrate_registry(Database& database);
DbResult<void> migrate_log(Database& database);

namespace sql {

// --- settings of a connection ------------------------------------------------------------------
// secure_delete is on in Debian's build and would write every freed page once more.
inline constexpr char kWriterSettings[] =
    "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=OFF;"
    "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;";
inline constexpr char kReaderSettings[] = "PRAGMA query_only=ON; PRAGMA cell_size_check=ON;";
inline constexpr char kSyncFull[] = "PRAGMA synchronous=FULL";
inline constexpr char kSyncNormal[] = "PRAGMA synchronous=NORMAL";
// Negative: KiB. Small, because every open namespace has its own.
inline constexpr char kRegistryCache[] = "PRAGMA cache_size=-512";
inline constexpr char kLogWriterCache[] = "PRAGMA cache_size=-1024";
inline constexpr char kIndexWriterCache[] = "PRAGMA cache_size=-8192";
inline constexpr char kReaderCache[] = "PRAGMA cache_size=-1024";

inline constexpr char kReadNothing[] = "SELECT 1 FROM sqlite_schema WHERE 0";
inline constexpr char kBegin[] = "BEGIN";
inline constexpr char kBeginImmediate[] = "BEGIN IMMEDIATE";
inline constexpr char kCommit[] = "COMMIT";
inline constexpr char kRollback[] = "ROLLBACK";

// --- registry ----------------------------------------------------------------------------------
inline constexpr char kListNamespaces[] =
    "SELECT serial, id, directory, log_id, description, token_hash, created_at, message_count,"
    " clean FROM namespaces";
inline constexpr char kInsertNamespace[] =
    "INSERT INTO namespaces(serial, id, directory, log_id, description, metadata, token_hash,"
    " created_at, message_count, clean) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,0,1)";
inline constexpr char kNextSerial[] =
    "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name='namespaces'), 0),"
    " coalesce((SELECT max(serial) FROM namespaces), 0)) + 1";
inline constexpr char kDeleteNamespace[] = "DELETE FROM namespaces WHERE serial=?1";
inline constexpr char kSetTokenHash[] = "UPDATE namespaces SET token_hash=?2 WHERE serial=?1";
inline constexpr char kSetCount[] =
    "UPDATE namespaces SET message_count=?2, clean=?3 WHERE serial=?1";
inline constexpr char kInsertLeftover[] = "INSERT OR REPLACE INTO leftovers(directory) VALUES (?1)";
inline constexpr char kListLeftovers[] = "SELECT directory FROM leftovers";
inline constexpr char kDeleteLeftover[] = "DELETE FROM leftovers WHERE directory=?1";

// --- log ---------------------------------------------------------------------------------------
inline constexpr char kSetLogIdentity[] =
    "INSERT INTO identity(one, log_id, namespace_id, base_generation) VALUES (1, ?1, ?2, ?3)";
inline constexpr char kLogIdentity[] = "SELECT log_id, namespace_id, base_generation FROM identity";
inline constexpr char kSetBaseGeneration[] = "UPDATE identity SET base_generation=?1";
inline constexpr char kInsertStream[] = "INSERT INTO streams(stream_id, name) VALUES (?1, ?2)";
/// All of LogRows, with the numbers that follow the last one: SQLite need not look for a row that
/// has the number. FAIL: a commit that fails is rolled back as a whole; no journal for this alone.
inline constexpr char kInsertMessages[] =
    "INSERT OR FAIL INTO messages(stream_id, position, id, time, type, data, metadata, checksum)"
    " SELECT stream_id, position, id, time, type, data, metadata, checksum FROM new_messages";
/// Column order of every statement that reads messages: see MessageRow. LEFT: a message whose
/// stream has no name is damage, which its checksum shows, and not to be left out.
inline constexpr char kFetchMessage[] =
    "SELECT m.global_position, m.stream_id, m.position, m.id, m.time, m.type, m.data, m.metadata,"
    " m.checksum, s.name FROM messages m LEFT JOIN streams s ON s.stream_id = m.stream_id"
    " WHERE m.global_position=?1";
inline constexpr char kScanMessages[] =
    "SELECT m.global_position, m.stream_id, m.position, m.id, m.time, m.type, m.data, m.metadata,"
    " m.checksum, s.name FROM messages m LEFT JOIN streams s ON s.stream_id = m.stream_id"
    " WHERE m.global_position>?1 ORDER BY m.global_position";
inline constexpr char kScanMessagesBetween[] =
    "SELECT m.global_position, m.stream_id, m.position, m.id, m.time, m.type, m.data, m.metadata,"
    " m.checksum, s.name FROM messages m LEFT JOIN streams s ON s.stream_id = m.stream_id"
    " WHERE m.global_position BETWEEN ?1 AND ?2 ORDER BY m.global_position";
inline constexpr char kScanPositions[] =
    "SELECT global_position, stream_id FROM messages"
    " WHERE global_position BETWEEN ?1 AND ?2 ORDER BY global_position";
inline constexpr char kMessagesRoot[] = "SELECT rootpage FROM sqlite_schema WHERE name='messages'";
inline constexpr char kNewestMessage[] =
    "SELECT global_position, time FROM messages ORDER BY global_position DESC LIMIT 1";
inline constexpr char kMessageIdAt[] = "SELECT id FROM messages WHERE global_position=?1";
inline constexpr char kLastStreamId[] = "SELECT max(stream_id) FROM streams";

// --- index -------------------------------------------------------------------------------------
inline constexpr char kInsertIndexState[] =
    "INSERT INTO state(one, version, log_id, indexed_up_to, last_id, last_stream_id,"
    " message_count, base_generation, is_whole, base_pages) VALUES (1,?1,?2,-1,x'',0,0,?3,0,?4)";
/// In every version.
inline constexpr char kIndexVersionInFile[] = "SELECT version FROM state";
inline constexpr char kIndexState[] =
    "SELECT log_id, indexed_up_to, last_id, last_stream_id, message_count,"
    " base_generation, is_whole, base_pages FROM state";
inline constexpr char kUpdateIndexState[] =
    "UPDATE state SET indexed_up_to=?1, last_id=?2, last_stream_id=?3, message_count=?4,"
    " base_generation=?5, base_pages=?6, is_whole=0";
// No RETURNING and no upsert in what runs for every row: the first opens a temporary table each
// time, the second keeps a copy of every page it changes until it ends.
inline constexpr char kFindCategory[] = "SELECT category_id FROM categories WHERE name=?1";
inline constexpr char kInsertCategory[] =
    "INSERT INTO categories(name, stream_count, message_count) VALUES (?1,0,0)"
    " RETURNING category_id";
inline constexpr char kAddToCategory[] =
    "UPDATE categories SET stream_count=stream_count+?2, message_count=message_count+?3"
    " WHERE category_id=?1";
inline constexpr char kFindCorrelation[] = "SELECT correlation_id FROM correlations WHERE name=?1";
inline constexpr char kInsertCorrelation[] =
    "INSERT INTO correlations(name) VALUES (?1) RETURNING correlation_id";
inline constexpr char kIndexStream[] =
    "INSERT INTO streams(stream_id, name, category_id, version, last_time, group_hash)"
    " VALUES (?1,?2,?3,?4,?5,?6)";
inline constexpr char kUpdateStream[] =
    "UPDATE streams SET version=?2, last_time=?3 WHERE stream_id=?1";
inline constexpr char kIndexStreamPage[] =
    "INSERT INTO stream_pages(stream_id, first_position, messages) VALUES (?1,?2,?3)";
inline constexpr char kIndexCategoryPage[] =
    "INSERT INTO category_pages(category_id, first_global_position, messages) VALUES (?1,?2,?3)";
inline constexpr char kIndexType[] =
    "INSERT OR REPLACE INTO last_of_type(stream_id, type, global_position) VALUES (?1,?2,?3)";
inline constexpr char kIndexCorrelation[] =
    "INSERT INTO correlation_messages(correlation_id, global_position, stream_id)"
    " VALUES (?1,?2,?3)";
inline constexpr char kIndexCorrelationInCategory[] =
    "INSERT INTO correlation_category_messages(correlation_id, category_id, global_position,"
    " stream_id) VALUES (?1,?2,?3,?4)";

inline constexpr char kSetIdPage[] = "INSERT OR REPLACE INTO id_pages(page, ids) VALUES (?1,?2)";
inline constexpr char kReadIdPage[] = "SELECT ids FROM id_pages WHERE page=?1";
inline constexpr char kNewestIdPage[] = "SELECT max(page) FROM id_pages";
inline constexpr char kSetIdPart[] =
    "INSERT OR REPLACE INTO id_parts(segment_id, part, pages, filter) VALUES (?1,?2,?3,?4)";
inline constexpr char kListIdParts[] =
    "SELECT segment_id, part, pages, filter FROM id_parts ORDER BY segment_id, part";
inline constexpr char kDropIdParts[] = "DELETE FROM id_parts WHERE segment_id=?1";
inline constexpr char kSetIdSegment[] =
    "INSERT OR REPLACE INTO id_segments(segment_id, is_complete, merged_into) VALUES (?1,?2,?3)";
inline constexpr char kListIdSegments[] =
    "SELECT segment_id, is_complete, merged_into FROM id_segments ORDER BY segment_id";
inline constexpr char kDropIdSegment[] = "DELETE FROM id_segments WHERE segment_id=?1";

inline constexpr char kFindStream[] = "SELECT stream_id, version FROM streams WHERE name=?1";
inline constexpr char kFindType[] =
    "SELECT global_position FROM last_of_type WHERE stream_id=?1 AND type=?2";
inline constexpr char kGroupHash[] = "SELECT group_hash FROM streams WHERE stream_id=?1";
inline constexpr char kStreamsOfCategory[] =
    "SELECT stream_count FROM categories WHERE category_id=?1";
/// Answered from the index streams_of_category alone.
inline constexpr char kListGroupHashes[] =
    "SELECT stream_id, group_hash FROM streams WHERE stream_id>?1 AND category_id=?2"
    " ORDER BY stream_id";
inline constexpr char kListAllGroupHashes[] =
    "SELECT stream_id, group_hash FROM streams WHERE stream_id>?1 ORDER BY stream_id";
inline constexpr char kLastPageOfStream[] =
    "SELECT first_position, messages FROM stream_pages"
    " WHERE stream_id=?1 ORDER BY first_position DESC LIMIT 1";
// From the page that begins at or before ?2.
inline constexpr char kScanStream[] =
    "SELECT first_position, messages FROM stream_pages"
    " WHERE stream_id=?1 AND first_position>=coalesce((SELECT max(first_position)"
    " FROM stream_pages WHERE stream_id=?1 AND first_position<=?2), ?2)"
    " ORDER BY first_position";
inline constexpr char kScanCategory[] =
    "SELECT first_global_position, messages FROM category_pages"
    " WHERE category_id=?1 AND first_global_position>=coalesce((SELECT max(first_global_position)"
    " FROM category_pages WHERE category_id=?1 AND first_global_position<=?2), ?2)"
    " AND first_global_position<=?3 ORDER BY first_global_position";
inline constexpr char kScanCorrelation[] =
    "SELECT global_position, stream_id FROM correlation_messages"
    " WHERE correlation_id=?3 AND global_position BETWEEN ?1 AND ?2 ORDER BY global_position";
inline constexpr char kScanCorrelationInCategory[] =
    "SELECT global_position, stream_id FROM correlation_category_messages"
    " WHERE correlation_id=?3 AND category_id=?4 AND global_position BETWEEN ?1 AND ?2"
    " ORDER BY global_position";
inline constexpr char kListStreams[] =
    "SELECT name, version, last_time FROM streams WHERE name>=?1 AND name>?2 ORDER BY name LIMIT "
    "?3";
inline constexpr char kListCategories[] =
    "SELECT name, stream_count, message_count FROM categories ORDER BY name";

}  // namespace sql
}  // namespace eventodb::store::sqlite
