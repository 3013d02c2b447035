#include "contract/store_contract.hpp"

namespace eventodb::contract {
namespace {

template <class Cursor, class Step>
ReadResult read_to_end(Cursor cursor, std::size_t pause_every, const Step& step) {
  ReadResult result;
  test::MessageCollector collector(pause_every);
  for (;;) {
    const std::size_t before = collector.found.size();
    const auto next = cursor.next;
    ++result.calls;
    if (must(step(cursor, collector)) == ReadState::kDone) break;
    if (cursor.next == next) throw std::runtime_error("a read that says 'more' did not advance");
    if (pause_every != 0 && collector.found.size() - before > pause_every) {
      throw std::runtime_error("a read went on although its visitor paused it");
    }
  }
  result.messages = std::move(collector.found);
  return result;
}

}  // namespace

NewMessage event(std::string_view stream, std::string_view data, std::string_view metadata) {
  return {.stream = stream,
          .type = "Happened",
          .data = data,
          .metadata = metadata,
          .id = {},
          .expected_version = {}};
}

NewMessage event_at(std::string_view stream, std::int64_t expected_version) {
  NewMessage message = event(stream);
  message.expected_version = ExpectedVersion(expected_version);
  return message;
}

MessageId id_number(std::uint64_t n) {
  MessageId id;
  for (std::size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  id.bytes[0] = 0xab;
  return id;
}

std::vector<std::int64_t> ReadResult::positions() const {
  std::vector<std::int64_t> all;
  for (const auto& message : messages) all.push_back(message.position.value);
  return all;
}

std::vector<std::int64_t> ReadResult::global_positions() const {
  std::vector<std::int64_t> all;
  for (const auto& message : messages) all.push_back(message.global_position.value);
  return all;
}

std::vector<std::string> ReadResult::streams() const {
  std::vector<std::string> all;
  for (const auto& message : messages) all.push_back(message.stream);
  return all;
}

std::ostream& operator<<(std::ostream& out, const CategoryRow& row) {
  return out << row.name << ": " << row.stream_count << " streams, " << row.message_count
             << " messages";
}

Result<WrittenMessage> Log::append(const NewMessage& message) const {
  WrittenMessage written;
  auto appended = io_->run(ns_->append({&message, 1}, {&written, 1}));
  if (!appended) return appended.error();
  return written;
}

Result<std::vector<WrittenMessage>> Log::append(const std::vector<NewMessage>& messages) const {
  std::vector<WrittenMessage> written(messages.size());
  auto appended = io_->run(ns_->append(messages, written));
  if (!appended) return appended.error();
  return written;
}

void Log::append_many(std::string_view stream, std::size_t count) const {
  constexpr std::size_t kBatch = 1000;
  while (count > 0) {
    const std::size_t now = std::min(count, kBatch);
    must(append(std::vector<NewMessage>(now, event(stream))));
    count -= now;
  }
}

ReadResult Log::read(StreamCursor cursor, std::size_t pause_every) const {
  return read_to_end(cursor, pause_every, [this](StreamCursor& at, MessageVisitor& visitor) {
    return step(at, visitor);
  });
}

ReadResult Log::read(CategoryCursor cursor, std::size_t pause_every) const {
  return read_to_end(cursor, pause_every, [this](CategoryCursor& at, MessageVisitor& visitor) {
    return step(at, visitor);
  });
}

ReadResult Log::read_stream(std::string_view stream) const {
  return read(StreamCursor{.stream = stream, .next = {0}, .remaining = -1});
}

ReadResult Log::read_all() const {
  return read(CategoryCursor{.category = "", .next = {0}, .remaining = -1});
}

Result<ReadState> Log::step(StreamCursor& cursor, MessageVisitor& visitor) const {
  return io_->run(ns_->read_stream(cursor, visitor));
}

Result<ReadState> Log::step(CategoryCursor& cursor, MessageVisitor& visitor) const {
  return io_->run(ns_->read_category(cursor, visitor));
}

Result<std::optional<OwnedMessage>> Log::last(std::string_view stream,
                                              std::string_view type) const {
  test::MessageCollector collector;
  auto found = io_->run(ns_->read_last(stream, type, collector));
  if (!found) return found.error();
  if (collector.found.size() != (*found ? 1U : 0U)) {
    throw std::runtime_error("read_last visited other than what it said");
  }
  return *found ? std::optional(collector.found.front()) : std::nullopt;
}

Result<std::optional<Position>> Log::version(std::string_view stream) const {
  return io_->run(ns_->stream_version(stream));
}

Result<NamespaceInfo> Log::info() const {
  return io_->run(ns_->info());
}
Result<GlobalPosition> Log::head() const {
  return io_->run(ns_->head());
}

Result<std::vector<StreamRow>> Log::streams(std::string_view prefix, std::string_view after,
                                            std::int64_t limit) const {
  struct Rows : StreamInfoVisitor {
    void visit(const StreamInfo& row) override {
      found.push_back({std::string(row.name), row.version.value, row.last_activity});
    }
    std::vector<StreamRow> found;
  } rows;
  auto listed = io_->run(ns_->list_streams(prefix, after, limit, rows));
  if (!listed) return listed.error();
  return std::move(rows.found);
}

Result<std::vector<CategoryRow>> Log::categories() const {
  struct Rows : CategoryInfoVisitor {
    void visit(const CategoryInfo& row) override {
      found.push_back({std::string(row.name), row.stream_count, row.message_count});
    }
    std::vector<CategoryRow> found;
  } rows;
  auto listed = io_->run(ns_->list_categories(rows));
  if (!listed) return listed.error();
  return std::move(rows.found);
}

StoreContract::StoreContract() {
  store_ = GetParam().open(directory_.path());
}

StoreContract::~StoreContract() {
  if (store_ != nullptr) close_store();
}

void StoreContract::close_store() {
  store_->close();
  store_.reset();
}

void StoreContract::reopen() {
  close_store();
  store_ = GetParam().open(directory_.path());
}

TokenHash hash_of_text(char fill) {
  TokenHash hash;
  hash.fill(fill);
  return hash;
}

Result<NamespaceHandle> StoreContract::try_create(std::string_view id,
                                                  std::string_view description) {
  const NewNamespace wanted{
      .id = id, .description = description, .metadata = {}, .token_hash = hash_of_text('a')};
  return io_.run(store_->create_namespace(wanted));
}

Log StoreContract::create(std::string_view id) {
  return {io_, must(try_create(id))};
}

NamespaceHandle StoreContract::find(std::string_view id) {
  return must(io_.run(store_->find_namespace(id)));
}

Result<DeletedNamespace> StoreContract::remove(std::string_view id) {
  return io_.run(store_->delete_namespace(id, nullptr));
}

std::vector<std::string> StoreContract::list() {
  struct Rows : NamespaceVisitor {
    void visit(const Namespace& ns, std::int64_t message_count) override {
      found.push_back(std::string(ns.id()) + "=" + std::to_string(message_count));
    }
    std::vector<std::string> found;
  } rows;
  must(io_.run(store_->list_namespaces(rows)));
  return std::move(rows.found);
}

}  // namespace eventodb::contract
