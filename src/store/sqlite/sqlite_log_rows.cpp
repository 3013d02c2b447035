#include "store/sqlite/sqlite_log_rows.hpp"

#include <cstddef>
#include <new>
#include <string_view>

#include "store/sqlite/row_checksum.hpp"

namespace eventodb::store::sqlite {
namespace {

struct Table : sqlite3_vtab {
  const LogRows* rows = nullptr;
};

struct Cursor : sqlite3_vtab_cursor {
  std::span<const LogMessage> messages;
  std::size_t at = 0;
  std::uint64_t seed = 0;
};

constexpr char kDeclaration[] =
    "CREATE TABLE new_messages(stream_id, position, id, time, type, data, metadata, checksum)";
enum Column { kStreamId, kPosition, kId, kTime, kType, kData, kMetadata, kChecksum };

int connect(sqlite3* database, void* rows, int, const char* const*, sqlite3_vtab** table, char**) {
  sqlite3_vtab_config(database, SQLITE_VTAB_DIRECTONLY);
  if (const int code = sqlite3_declare_vtab(database, kDeclaration); code != SQLITE_OK) return code;
  auto* made = new (std::nothrow) Table();
  if (made == nullptr) return SQLITE_NOMEM;
  made->rows = static_cast<const LogRows*>(rows);
  *table = made;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  info->estimatedCost = 1;  // there is only one way
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  // Through SQLite, whose allocations are counted apart.
  void* memory = sqlite3_malloc(sizeof(Cursor));
  if (memory == nullptr) return SQLITE_NOMEM;
  *cursor = ::new (memory) Cursor();
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  sqlite3_free(static_cast<Cursor*>(cursor));
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  auto& self = static_cast<Cursor&>(*cursor);
  const LogRows& rows = *static_cast<const Table*>(cursor->pVtab)->rows;
  self.messages = rows.messages();
  self.seed = rows.seed();
  self.at = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++static_cast<Cursor*>(cursor)->at;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) {
  const auto& self = static_cast<const Cursor&>(*cursor);
  return self.at >= self.messages.size() ? 1 : 0;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* row) {
  *row = static_cast<sqlite3_int64>(static_cast<const Cursor*>(cursor)->at);
  return SQLITE_OK;
}

void set_text(sqlite3_context* result, std::string_view text) {
  sqlite3_result_text64(result, text.data() != nullptr ? text.data() : "", text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* result, int column) {
  const auto& self = static_cast<const Cursor&>(*cursor);
  const LogMessage& message = self.messages[self.at];
  const MessageView& view = message.view;
  switch (column) {
    case kStreamId:
      sqlite3_result_int64(result, message.stream_id);
      break;
    case kPosition:
      sqlite3_result_int64(result, view.position.value);
      break;
    case kId:
      sqlite3_result_blob64(result, view.id.bytes.data(), view.id.bytes.size(), SQLITE_STATIC);
      break;
    case kTime:
      sqlite3_result_int64(result, view.time.us);
      break;
    case kType:
      set_text(result, view.type);
      break;
    case kData:
      set_text(result, view.data);
      break;
    case kMetadata:
      if (!view.metadata.empty()) set_text(result, view.metadata);  // else NULL
      break;
    default:
      sqlite3_result_int64(result, row_checksum(view, message.stream_id, self.seed));
  }
  return SQLITE_OK;
}

/// Eponymous: it has no xCreate, so that no schema can hold one.
constexpr sqlite3_module kModule = [] {
  sqlite3_module module{};
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = is_at_end;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}();

}  // namespace

Code LogRows::attach(Database& database, std::uint64_t seed) {
  seed_ = seed;
  return sqlite3_create_module(database.handle(), "new_messages", &kModule, this);
}

}  // namespace eventodb::store::sqlite
