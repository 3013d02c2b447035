#include "store/sqlite/sqlite_readers.hpp"

#include <chrono>
#include <limits>

#include "store/sqlite/sqlite_schema.hpp"

namespace eventodb::store::sqlite {
namespace {

constexpr std::size_t kGroupHashesKeptMax = 16'384;
using Clock = std::chrono::steady_clock;
/// With the pages in memory a fetch takes about 5 µs and telling what is expected about 50; a fast
/// disk adds 100.
constexpr auto kFetchFromMemoryMax = std::chrono::microseconds(50);
constexpr auto kExpectFromMemoryMax = std::chrono::microseconds(120);

DbResult<Database> open_reader(const std::string& path) {
  auto opened = Database::open(path, Database::Access::kReadOnly);
  if (!opened) return opened;
  Code code = opened->execute(sql::kReaderSettings);
  if (code == SQLITE_OK) code = opened->execute(sql::kReaderCache);
  if (code != SQLITE_OK) return opened->failure(code, "open");
  return opened;
}

}  // namespace

DbResult<void> IndexReader::open(const std::string& path) {
  auto opened = open_reader(path);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  return {};
}

Code IndexReader::begin() {
  Code code = SQLITE_OK;
  if (!begin_.is_prepared()) code = begin_.prepare(database_, sql::kBegin);
  if (code == SQLITE_OK && !commit_.is_prepared()) code = commit_.prepare(database_, sql::kCommit);
  return code == SQLITE_OK ? begin_.run() : code;
}

void IndexReader::end() {
  // As LogReader::end(). Without a snapshot there is nothing to end.
  if (commit_.is_prepared()) static_cast<void>(commit_.run());
}

DbResult<Statement*> IndexReader::ready(Statement& statement, const char* text) {
  if (!statement.is_prepared()) {
    const Code code = statement.prepare(database_, text);
    if (code != SQLITE_OK) return failure(code);
  }
  return &statement;
}

DbResult<std::optional<std::int64_t>> IndexReader::one_integer(Statement& statement) {
  const ResetAtEnd reset(statement);
  const Code code = statement.step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return failure(code);
  if (statement.is_null(0)) return std::nullopt;
  return statement.integer(0);
}

DbResult<std::optional<std::int64_t>> IndexReader::find_name(Statement& statement, const char* text,
                                                             std::string_view name) {
  auto query = ready(statement, text);
  if (!query) return query.error();
  statement.bind_blob(1, name);
  return one_integer(statement);
}

DbResult<StreamHead> IndexReader::find_stream(std::string_view name) {
  auto query = ready(find_stream_, sql::kFindStream);
  if (!query) return query.error();
  const ResetAtEnd reset(find_stream_);
  find_stream_.bind_blob(1, name);
  const Code code = find_stream_.step();
  if (code == SQLITE_DONE) return StreamHead{};
  if (code != SQLITE_ROW) return failure(code);
  return StreamHead{find_stream_.integer(0), find_stream_.integer(1)};
}

DbResult<std::optional<std::int64_t>> IndexReader::find_id(const IdKey& id,
                                                           std::span<const IdPageRef> pages) {
  for (const IdPageRef& page : pages) {
    if (const Code code = id_pages_.read(database_, page, ids_); code != SQLITE_OK) {
      return failure(code);
    }
    const IdPlace& place = ids_[find_place(ids_, id)];
    if (place.id == id) return place.at;
  }
  return std::nullopt;
}

DbResult<std::optional<std::int64_t>> IndexReader::find_type(std::int64_t stream_id,
                                                             std::string_view type) {
  auto query = ready(find_type_, sql::kFindType);
  if (!query) return query.error();
  find_type_.bind(1, stream_id);
  find_type_.bind_text(2, type);
  return one_integer(find_type_);
}

DbResult<std::optional<std::int64_t>> IndexReader::find_category(std::string_view name) {
  return find_name(find_category_, sql::kFindCategory, name);
}

DbResult<std::optional<std::int64_t>> IndexReader::find_correlation(std::string_view name) {
  return find_name(find_correlation_, sql::kFindCorrelation, name);
}

DbResult<std::optional<std::uint64_t>> IndexReader::group_hash(std::int64_t stream_id) {
  if (const auto at = group_hashes_.find(stream_id); at != group_hashes_.end()) return at->second;
  auto query = ready(group_hash_, sql::kGroupHash);
  if (!query) return query.error();
  group_hash_.bind(1, stream_id);
  const auto found = one_integer(group_hash_);
  if (!found) return found.error();
  std::optional<std::uint64_t> hash;
  if (*found) hash = static_cast<std::uint64_t>(**found);
  if (group_hashes_.size() >= kGroupHashesKeptMax) group_hashes_.clear();
  group_hashes_.emplace(stream_id, hash);
  return hash;
}

DbResult<std::int64_t> IndexReader::count_streams(std::optional<std::int64_t> category) {
  Statement& statement = category ? streams_of_category_ : last_stream_id_;
  auto query = ready(statement, category ? sql::kStreamsOfCategory : sql::kLastStreamId);
  if (!query) return query.error();
  if (category) statement.bind(1, *category);
  const auto found = one_integer(statement);
  if (!found) return found.error();
  return found->value_or(0);
}

DbResult<Statement*> IndexReader::list_group_hashes(std::optional<std::int64_t> category,
                                                    std::int64_t after) {
  Statement& statement = category ? list_group_hashes_ : list_all_group_hashes_;
  auto query = ready(statement, category ? sql::kListGroupHashes : sql::kListAllGroupHashes);
  if (!query) return query;
  statement.bind(1, after);
  if (category) statement.bind(2, *category);
  return query;
}

DbResult<std::optional<IndexReader::StreamMessage>> IndexReader::last_message(
    std::int64_t stream_id) {
  auto query = ready(last_page_of_stream_, sql::kLastPageOfStream);
  if (!query) return query.error();
  Statement& page = last_page_of_stream_;
  const ResetAtEnd reset(page);
  page.bind(1, stream_id);
  const Code code = page.step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return failure(code);
  const bool is_whole = read_pair_page(stream_id, page.integer(0), page.bytes(1), last_page_);
  if (!is_whole) return failure(SQLITE_CORRUPT);
  return StreamMessage{last_page_.back().first, last_page_.back().second};
}

DbResult<std::optional<IndexReader::StreamMessage>> IndexReader::message_from(
    std::int64_t stream_id, std::int64_t position) {
  auto scan = scan_stream(stream_id, position);
  if (!scan) return scan.error();
  const ResetAtEnd reset((*scan)->rows());
  const Code code = (*scan)->step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return failure(code);
  return StreamMessage{(*scan)->pair().first, (*scan)->pair().second};
}

DbResult<std::optional<IndexReader::StreamMessage>> IndexReader::message_from(
    std::int64_t stream_id, std::int64_t position, std::int64_t last, std::int64_t from) {
  // Invariant: everything before `position` is too early; what is found at `best` is not.
  std::optional<StreamMessage> best;
  while (position <= last) {
    const std::int64_t middle = position + (last - position) / 2;
    const auto found = message_from(stream_id, middle);
    if (!found) return found.error();
    if (*found && (*found)->global_position < from) {
      position = (*found)->position + 1;
      continue;
    }
    if (*found) best = *found;
    last = middle - 1;
  }
  return best;
}

DbResult<PairScan*> IndexReader::scan_stream(std::int64_t stream_id, std::int64_t position) {
  auto pages = ready(scan_stream_, sql::kScanStream);
  if (!pages) return pages.error();
  scan_stream_.reset();
  scan_stream_.bind(1, stream_id);
  scan_stream_.bind(2, position);
  scan_.start(scan_stream_, stream_id, position, std::numeric_limits<std::int64_t>::max());
  return &scan_;
}

DbResult<PairScan*> IndexReader::scan_category(std::int64_t category, std::int64_t from,
                                               std::int64_t to) {
  auto pages = ready(scan_category_, sql::kScanCategory);
  if (!pages) return pages.error();
  scan_category_.bind(1, category);
  scan_category_.bind(2, from);
  scan_category_.bind(3, to);
  scan_.start(scan_category_, category, from, to);
  return &scan_;
}

DbResult<PairScan*> IndexReader::scan_correlation(std::int64_t correlation, std::int64_t from,
                                                  std::int64_t to) {
  auto rows = ready(scan_correlation_, sql::kScanCorrelation);
  if (!rows) return rows.error();
  scan_correlation_.bind(1, from);
  scan_correlation_.bind(2, to);
  scan_correlation_.bind(3, correlation);
  scan_.start(scan_correlation_);
  return &scan_;
}

DbResult<PairScan*> IndexReader::scan_correlation(std::int64_t correlation, std::int64_t category,
                                                  std::int64_t from, std::int64_t to) {
  auto rows = ready(scan_correlation_in_category_, sql::kScanCorrelationInCategory);
  if (!rows) return rows.error();
  scan_correlation_in_category_.bind(1, from);
  scan_correlation_in_category_.bind(2, to);
  scan_correlation_in_category_.bind(3, correlation);
  scan_correlation_in_category_.bind(4, category);
  scan_.start(scan_correlation_in_category_);
  return &scan_;
}

DbResult<Statement*> IndexReader::list_streams(std::string_view prefix, std::string_view after,
                                               std::int64_t limit) {
  auto query = ready(list_streams_, sql::kListStreams);
  if (!query) return query;
  list_streams_.bind_blob(1, prefix);
  list_streams_.bind_blob(2, after);
  list_streams_.bind(3, limit);
  return query;
}

DbResult<Statement*> IndexReader::list_categories() {
  return ready(list_categories_, sql::kListCategories);
}

DbResult<void> LogReader::open(const std::string& path, std::uint64_t seed) {
  seed_ = seed;
  auto opened = open_reader(path);
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  const auto root = database_.query_integer(sql::kMessagesRoot);
  if (!root) return root.error();
  messages_root_ = static_cast<std::uint32_t>(*root);
  Code code = begin_.prepare(database_, sql::kBegin);
  if (code == SQLITE_OK) code = commit_.prepare(database_, sql::kCommit);
  if (code == SQLITE_OK) code = fetch_.prepare(database_, sql::kFetchMessage);
  if (code == SQLITE_OK) code = scan_.prepare(database_, sql::kScanPositions);
  if (code != SQLITE_OK) return failure(code, "open");
  return {};
}

Code LogReader::begin() {
  return begin_.run();
}

void LogReader::end() {
  for (Statement* each : {&fetch_, &scan_, &scan_messages_}) each->reset();
  // Ending a read cannot lose anything; a failure shows again at the next begin().
  static_cast<void>(commit_.run());
}

void LogReader::expect(std::span<RowPlace> messages, const RowPages& pages) {
  const auto begun = Clock::now();
  pages.fetch(messages_root_, messages);
  waits_for_disk_ = Clock::now() - begun > kExpectFromMemoryMax;
}

DbResult<bool> LogReader::fetch(std::int64_t global_position, MessageRow& row) {
  fetch_.reset();
  fetch_.bind(1, global_position);
  const auto begun = Clock::now();
  const Code code = fetch_.step();
  if (Clock::now() - begun > kFetchFromMemoryMax) waits_for_disk_ = true;
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return failure(code);
  auto read = MessageRow::read(fetch_, database_, seed_);
  if (!read) return read.error();
  row = *read;
  return true;
}

DbResult<PairScan*> LogReader::scan(std::int64_t from, std::int64_t to) {
  scan_.reset();
  scan_.bind(1, from);
  scan_.bind(2, to);
  pairs_.start(scan_);
  return &pairs_;
}

DbResult<PairScan*> LogReader::scan_messages(std::int64_t from, std::int64_t to) {
  if (!scan_messages_.is_prepared()) {
    const Code code = scan_messages_.prepare(database_, sql::kScanMessagesBetween);
    if (code != SQLITE_OK) return failure(code);
  }
  scan_messages_.reset();
  scan_messages_.bind(1, from);
  scan_messages_.bind(2, to);
  pairs_.start(scan_messages_);
  return &pairs_;
}

}  // namespace eventodb::store::sqlite
