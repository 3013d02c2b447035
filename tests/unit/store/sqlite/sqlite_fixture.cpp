#include "unit/store/sqlite/sqlite_fixture.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

// What message n is.
std::string stream_of(int n) {
  return "c" + std::to_string(n % 7) + "-" + std::to_string(n % 31);
}
std::string type_of(int n) {
  return "T" + std::to_string(n % 3);
}
std::string data_of(int n) {
  return "{\"n\":" + std::to_string(n) + "}";
}
std::string metadata_of(int n) {
  return n % 4 == 0 ? "{\"correlationStreamName\":\"flow" + std::to_string(n % 5) + "-1\"}" : "";
}
bool has_client_id(int n) {
  return n % 2 == 0;
}

NewMessage numbered(int n, std::vector<std::string>& texts) {
  texts.insert(texts.end(), {stream_of(n), type_of(n), data_of(n), metadata_of(n)});
  const std::size_t at = texts.size() - 4;
  NewMessage message = event(texts[at], texts[at + 2], texts[at + 3]);
  message.type = texts[at + 1];
  if (has_client_id(n)) message.id = contract::id_number(static_cast<std::uint64_t>(n) + 1);
  return message;
}

std::vector<int> numbers_in(const contract::ReadResult& read) {
  std::vector<int> numbers;
  for (const auto& message : read.messages) numbers.push_back(std::stoi(message.data.substr(5)));
  return numbers;
}

std::vector<int> numbers_where(int count, const std::function<bool(int)>& wanted) {
  std::vector<int> numbers;
  for (int n = 0; n < count; ++n) {
    if (wanted(n)) numbers.push_back(n);
  }
  return numbers;
}

void expect_messages(const Log& log, int count) {
  const auto all = log.read_all();
  ASSERT_EQ(all.messages.size(), static_cast<std::size_t>(count));
  std::map<std::string, std::int64_t> next;
  for (int n = 0; n < count; ++n) {
    const auto& message = all.messages[static_cast<std::size_t>(n)];
    ASSERT_EQ(message.global_position.value, n + 1);
    ASSERT_EQ(message.stream, stream_of(n));
    ASSERT_EQ(message.position.value, next[message.stream]++);
    ASSERT_EQ(message.type, type_of(n));
    ASSERT_EQ(message.data, data_of(n));
    ASSERT_EQ(message.metadata, metadata_of(n));
    if (has_client_id(n)) {
      ASSERT_EQ(message.id, contract::id_number(static_cast<std::uint64_t>(n) + 1));
    }
  }
}

void expect_streams(const Log& log, int count) {
  std::map<std::string, std::int64_t> versions;
  for (int n = 0; n < count; ++n) {
    auto [at, is_new] = versions.try_emplace(stream_of(n), 0);
    if (!is_new) ++at->second;
  }
  for (const auto& [name, version] : versions) {
    const auto wanted = numbers_where(count, [&](int n) { return stream_of(n) == name; });
    ASSERT_EQ(numbers_in(log.read_stream(name)), wanted) << name;
    ASSERT_EQ(must(log.version(name))->value, version);
    ASSERT_EQ(must(log.last(name))->data, data_of(wanted.back()));
  }
  for (const std::string name : {"c0-0", "c6-30"}) {
    const auto typed =
        numbers_where(count, [&](int n) { return stream_of(n) == name && type_of(n) == "T1"; });
    const auto last = must(log.last(name, "T1"));
    ASSERT_EQ(last.has_value(), !typed.empty());
    if (last) {
      ASSERT_EQ(last->data, data_of(typed.back()));
    }
  }
  const auto listed = must(log.streams());
  ASSERT_EQ(listed.size(), versions.size());
  std::size_t i = 0;
  for (const auto& [name, version] : versions) {
    ASSERT_EQ(listed[i].name, name);
    ASSERT_EQ(listed[i++].version, version);
  }
}

void expect_categories(const Log& log, int count) {
  std::map<std::string, std::pair<std::set<std::string>, std::int64_t>> expected;
  for (int n = 0; n < count; ++n) {
    auto& [streams, messages] = expected["c" + std::to_string(n % 7)];
    streams.insert(stream_of(n));
    ++messages;
  }
  std::vector<contract::CategoryRow> rows;
  for (const auto& [name, counts] : expected) {
    rows.push_back({name, static_cast<std::int64_t>(counts.first.size()), counts.second});
  }
  ASSERT_EQ(must(log.categories()), rows);
  const auto read = [&log](std::string_view category, std::string_view correlation) {
    return numbers_in(log.read(CategoryCursor{.category = category,
                                              .next = {0},
                                              .remaining = -1,
                                              .group = {},
                                              .correlation = correlation}));
  };
  ASSERT_EQ(read("c3", ""), numbers_where(count, [](int n) { return n % 7 == 3; }));
  const auto correlated = [](int n) { return n % 4 == 0 && n % 5 == 2; };
  ASSERT_EQ(read("", "flow2"), numbers_where(count, correlated));
  ASSERT_EQ(read("c5", "flow2"),
            numbers_where(count, [&](int n) { return n % 7 == 5 && correlated(n); }));
}

}  // namespace

void write_numbered(const Log& log, int count, int first) {
  for (int n = first; n < first + count;) {
    std::vector<std::string> texts;
    texts.reserve(4 * 500);
    std::vector<NewMessage> messages;
    for (; n < first + count && messages.size() < 500; ++n) messages.push_back(numbered(n, texts));
    must(log.append(messages));
  }
}

void expect_numbered(const Log& log, int count) {
  expect_messages(log, count);
  expect_streams(log, count);
  expect_categories(log, count);
  const auto info = must(log.info());
  ASSERT_EQ(info.message_count, count);
  ASSERT_EQ(must(log.head()).value, count);
  ASSERT_EQ(info.stream_count, static_cast<std::int64_t>(must(log.streams()).size()));
  for (const int n : {0, 2, count / 2 & ~1, (count - 1) & ~1}) {  // retries are still known
    std::vector<std::string> texts;
    texts.reserve(4);
    ASSERT_EQ(must(log.append(numbered(n, texts))).global_position.value, n + 1);
  }
}

SqliteTest::~SqliteTest() {
  close();
}

StoreOptions SqliteTest::options() const {
  StoreOptions options = wanted_;
  options.data_dir = directory_.path();
  return options;
}

Result<std::unique_ptr<Store>> SqliteTest::try_open() {
  return SqliteStore::open(options());
}

void SqliteTest::open() {
  io_ = std::make_unique<test::RunningIoThread>();
  auto opened = try_open();
  if (!opened) throw std::runtime_error(opened.error().message);
  store_ = std::move(*opened);
}

void SqliteTest::close() {
  io_.reset();
  if (store_ != nullptr) store_->close();
  store_.reset();
}

Log SqliteTest::create(std::string_view id) {
  const NewNamespace wanted{
      .id = id, .description = "", .metadata = "", .token_hash = contract::hash_of_text('a')};
  return {*io_, must(io_->run(store_->create_namespace(wanted)))};
}

Log SqliteTest::find(std::string_view id) {
  return {*io_, must(io_->run(store_->find_namespace(id)))};
}

Result<DeletedNamespace> SqliteTest::remove(std::string_view id) {
  return io_->run(store_->delete_namespace(id, nullptr));
}

std::vector<std::string> SqliteTest::list() {
  class Names final : public NamespaceVisitor {
   public:
    void visit(const Namespace& ns, std::int64_t message_count) override {
      found.push_back(std::string(ns.id()) + "=" + std::to_string(message_count));
    }
    std::vector<std::string> found;
  } names;
  must(io_->run(store_->list_namespaces(names)));
  return names.found;
}

fs::path SqliteTest::files(std::string_view id) const {
  for (const auto& entry : fs::directory_iterator(directory() / "metadata.db.namespaces")) {
    if (entry.path().filename().string().ends_with("-" + std::string(id))) return entry.path();
  }
  throw std::runtime_error("no such namespace");
}

void SqliteTest::run_and_kill(const std::function<void(SqliteTest&)>& work) {
  const pid_t child = fork();
  if (child == 0) {
    // Only SIGKILL or this code: no destructor of the test framework may run here.
    try {
      open();
      work(*this);
      if (!HasFailure()) ::kill(getpid(), SIGKILL);
    } catch (...) {
    }
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child failed";
}

void overwrite(const fs::path& file, std::size_t at, std::string_view bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(stream.good());
}

std::string contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace eventodb::store::sqlite
