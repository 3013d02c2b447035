#include <algorithm>
#include <bit>
#include <tuple>

#include "eventodb/limits.hpp"
#include "eventodb/stream_name.hpp"
#include "store/sqlite/sqlite_index_statements.hpp"
#include "store/sqlite/sqlite_schema.hpp"

// One step of the index: the same messages sorted once for every table, so that each b-tree is
// written from left to right.
namespace eventodb::store::sqlite {
namespace {

constexpr std::size_t kNamesKeptMax = 16'384;
/// A correlation can be as long as a request.
constexpr std::size_t kNameKeptBytesMax = limits::kStreamNameBytesMax;

std::string_view bytes_of(const MessageId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

/// The number of `name`, made when new. `find` and `insert` yield it in their first column.
template <class Map>
Code number_of(std::string_view name, Map& known, Statement& find, Statement& insert,
               std::int64_t& number) {
  if (const auto at = known.find(name); at != known.end()) {
    number = at->second;
    return SQLITE_OK;
  }
  for (Statement* each : {&find, &insert}) {
    const ResetAtEnd reset(*each);
    each->bind_blob(1, name);
    Code code = each->step();
    if (code == SQLITE_DONE) continue;
    if (code != SQLITE_ROW) return code;
    number = each->integer(0);
    code = each->step();  // an INSERT is complete only after its last step
    if (code != SQLITE_DONE) return code;
    if (name.size() > kNameKeptBytesMax) return SQLITE_OK;
    if (known.size() >= kNamesKeptMax) known.clear();
    known.emplace(name, number);
    return SQLITE_OK;
  }
  return SQLITE_CORRUPT;
}

}  // namespace

Code IndexFile::Statements::prepare(Database& database) {
  const std::pair<Statement*, const char*> all[] = {
      {&begin, sql::kBeginImmediate},
      {&commit, sql::kCommit},
      {&update_state, sql::kUpdateIndexState},
      {&find_category, sql::kFindCategory},
      {&insert_category, sql::kInsertCategory},
      {&add_to_category, sql::kAddToCategory},
      {&find_correlation, sql::kFindCorrelation},
      {&insert_correlation, sql::kInsertCorrelation},
      {&insert_stream, sql::kIndexStream},
      {&update_stream, sql::kUpdateStream},
      {&stream_page, sql::kIndexStreamPage},
      {&category_page, sql::kIndexCategoryPage},
      {&type, sql::kIndexType},
      {&correlation, sql::kIndexCorrelation},
      {&correlation_in_category, sql::kIndexCorrelationInCategory},
  };
  for (const auto& [statement, text] : all) {
    if (const Code code = statement->prepare(database, text); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

DbResult<void> IndexFile::write(std::span<IndexRow> rows) {
  try {
    Code code = write_step(rows);
    if (code == SQLITE_OK) return {};
    // A key that is there already: the file is not the index of this log.
    if (primary(code) == SQLITE_CONSTRAINT) code = SQLITE_CORRUPT;
    Failure failed = failure(code);
    roll_back();
    return failed;
  } catch (...) {
    roll_back();
    throw;
  }
}

Code IndexFile::write_step(std::span<IndexRow> rows) {
  written_ = state_;
  names_->counts.clear();
  const IndexRow last = rows.back();
  Code code = statements_->begin.run();
  if (code == SQLITE_OK) code = write_ids(rows);
  if (code == SQLITE_OK) code = write_streams(rows);
  if (code == SQLITE_OK) code = write_correlations(rows);
  if (code == SQLITE_OK) code = write_categories(rows);
  if (code == SQLITE_OK) {
    written_.indexed_up_to = last.global_position;
    written_.message_count += static_cast<std::int64_t>(rows.size());
    Statement& state = statements_->update_state;
    state.bind(1, written_.indexed_up_to);
    state.bind_blob(2, bytes_of(last.id));
    state.bind(3, written_.last_stream_id);
    state.bind(4, written_.message_count);
    state.bind(5, base_.generation);
    state.bind(6, base_.pages);
    code = state.run();
  }
  return code;
}

Code IndexFile::write_ids(std::span<const IndexRow> rows) {
  id_places_.clear();
  for (const IndexRow& row : rows) {
    id_places_.push_back({IdKey::of(row.id), row.global_position});
  }
  return ids_->write(id_places_);
}

Code IndexFile::write_correlations(std::span<IndexRow> rows) {
  const auto end = std::partition(rows.begin(), rows.end(),
                                  [](const IndexRow& row) { return !row.correlation.empty(); });
  std::sort(rows.begin(), end, [](const IndexRow& a, const IndexRow& b) {
    return std::tie(a.correlation, a.global_position) < std::tie(b.correlation, b.global_position);
  });
  for (auto row = rows.begin(); row != end; ++row) {
    std::int64_t correlation = 0;
    Code code = correlation_id(row->correlation, correlation);
    if (code != SQLITE_OK) return code;
    Statement& all = statements_->correlation;
    all.bind(1, correlation);
    all.bind(2, row->global_position);
    all.bind(3, row->stream_id);
    code = all.run();
    if (code != SQLITE_OK) return code;
    Statement& in_category = statements_->correlation_in_category;
    in_category.bind(1, correlation);
    in_category.bind(2, row->category_id);
    in_category.bind(3, row->global_position);
    in_category.bind(4, row->stream_id);
    code = in_category.run();
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Code IndexFile::write_streams(std::span<IndexRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const IndexRow& a, const IndexRow& b) {
    return std::tie(a.stream_id, a.position) < std::tie(b.stream_id, b.position);
  });
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t end = first + 1;
    while (end < rows.size() && rows[end].stream_id == rows[first].stream_id) ++end;
    const Code code = write_stream(rows.subspan(first, end - first));
    if (code != SQLITE_OK) return code;
    first = end;
  }
  return SQLITE_OK;
}

Code IndexFile::write_stream(std::span<IndexRow> rows) {
  const IndexRow& last = rows.back();
  std::int64_t category = 0;
  Code code = category_id(last.stream, category);
  if (code != SQLITE_OK) return code;
  Names::Counts& counts = names_->counts[category];
  counts.messages += static_cast<std::int64_t>(rows.size());
  if (last.stream_id > written_.last_stream_id) {
    written_.last_stream_id = last.stream_id;
    ++counts.streams;
    code = insert_stream(last, category);
  } else {
    code = update_stream(last);
  }
  if (code != SQLITE_OK) return code;
  auto& types = names_->types;
  types.clear();
  Statement& insert = statements_->stream_page;
  for (IndexRow& row : rows) {
    row.category_id = category;
    types.insert_or_assign(row.type, row.global_position);
    code = write_pair(insert, row.stream_id, {row.position, row.global_position});
    if (code != SQLITE_OK) return code;
  }
  if (code = write_page(insert, last.stream_id); code != SQLITE_OK) return code;
  Statement& type = statements_->type;
  type.bind(1, last.stream_id);
  for (const auto& [name, global_position] : types) {
    type.bind_text(2, name);
    type.bind(3, global_position);
    if (code = type.run(); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Code IndexFile::insert_stream(const IndexRow& last, std::int64_t category) {
  Statement& insert = statements_->insert_stream;
  insert.bind(1, last.stream_id);
  insert.bind_blob(2, last.stream);
  insert.bind(3, category);
  insert.bind(4, last.position);
  insert.bind(5, last.time_us);
  if (const auto hash = group_hash_of(last.stream)) {
    insert.bind(6, std::bit_cast<std::int64_t>(*hash));
  } else {
    insert.bind_null(6);
  }
  return insert.run();
}

Code IndexFile::update_stream(const IndexRow& last) {
  Statement& update = statements_->update_stream;
  update.bind(1, last.stream_id);
  update.bind(2, last.position);
  update.bind(3, last.time_us);
  if (const Code code = update.run(); code != SQLITE_OK) return code;
  const bool is_there = sqlite3_changes(database_.handle()) == 1;
  return is_there ? SQLITE_OK : SQLITE_CORRUPT;
}

Code IndexFile::write_categories(std::span<IndexRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const IndexRow& a, const IndexRow& b) {
    return std::tie(a.category_id, a.global_position) < std::tie(b.category_id, b.global_position);
  });
  Statement& insert = statements_->category_page;
  std::int64_t owner = 0;
  for (const IndexRow& row : rows) {
    if (row.category_id != owner) {
      if (const Code code = write_page(insert, owner); code != SQLITE_OK) return code;
      owner = row.category_id;
    }
    const Code code = write_pair(insert, owner, {row.global_position, row.stream_id});
    if (code != SQLITE_OK) return code;
  }
  if (const Code code = write_page(insert, owner); code != SQLITE_OK) return code;
  Statement& add = statements_->add_to_category;
  for (const auto& [category, counts] : names_->counts) {
    add.bind(1, category);
    add.bind(2, counts.streams);
    add.bind(3, counts.messages);
    if (const Code code = add.run(); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Code IndexFile::write_pair(Statement& insert, std::int64_t owner, Pair pair) {
  PairPage& page = names_->page;
  if (page.is_full()) {
    if (const Code code = write_page(insert, owner); code != SQLITE_OK) return code;
  }
  page.add(pair);
  return SQLITE_OK;
}

Code IndexFile::write_page(Statement& insert, std::int64_t owner) {
  PairPage& page = names_->page;
  if (page.empty()) return SQLITE_OK;
  insert.bind(1, owner);
  insert.bind(2, page.first());
  insert.bind_blob(3, page.bytes(owner));
  const Code code = insert.run();
  page.clear();
  return code;
}

Code IndexFile::category_id(std::string_view stream, std::int64_t& id) {
  return number_of(category_of(stream), names_->categories, statements_->find_category,
                   statements_->insert_category, id);
}

Code IndexFile::correlation_id(std::string_view name, std::int64_t& id) {
  return number_of(name, names_->correlations, statements_->find_correlation,
                   statements_->insert_correlation, id);
}

}  // namespace eventodb::store::sqlite
