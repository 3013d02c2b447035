#include <atomic>
#include <future>

#include "store/sqlite/sqlite_connection.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// One past each bound of the append path, with small bounds: what waits, what is committed in one
// go, and what is committed but not indexed yet.
namespace eventodb::store::sqlite {
namespace {

/// Holds the thread that commits, behind its first commit, until it is released. (With durability
/// `disk` another one would go on.)
class HeldWriter final : public HeadListener {
 public:
  explicit HeldWriter(Namespace& ns) : ns_(ns) { ns_.watch(*this); }
  ~HeldWriter() {
    release();
    ns_.unwatch(*this);
  }
  HeldWriter(const HeldWriter&) = delete;
  HeldWriter& operator=(const HeldWriter&) = delete;

  void head_moved() noexcept override {
    ++commits_;
    commits_.notify_all();
    is_held_.wait(true);
  }
  void ended() noexcept override {}

  void await_commit() const { commits_.wait(0); }
  void release() {
    is_held_ = false;
    is_held_.notify_all();
  }
  int commits() const { return commits_; }

 private:
  Namespace& ns_;
  std::atomic<int> commits_{0};
  std::atomic<bool> is_held_{true};
};

class SqliteBoundsTest : public SqliteTest {
 protected:
  SqliteBoundsTest() { wanted_.durability = Durability::kOs; }

  using Waiting = std::future<Result<void>>;

  /// A message of this many bytes in all; they are what the bounds count.
  static NewMessage message_of(std::size_t bytes) {
    static const std::string text(1'000'000, 'x');
    NewMessage message = event("a-1", "", "");
    message.data =
        std::string_view(text).substr(0, bytes - message.stream.size() - message.type.size());
    return message;
  }

  /// Starts an append; `message` and the result live in the test.
  Waiting start(const Log& log, const NewMessage& message) {
    return io_.start(log.ns().append({&message, 1}, {&written_, 1}));
  }

  void append_each(const Log& log, std::span<Append> appends) {
    io_.run(log.ns().append_each(appends));
  }

  /// Puts one commit in the way, then starts `count` appends behind it.
  std::vector<Waiting> start_behind(HeldWriter& writer, const Log& log, const NewMessage& message,
                                    std::size_t count) {
    std::vector<Waiting> waiting;
    waiting.push_back(start(log, first_));
    writer.await_commit();
    for (std::size_t i = 0; i < count; ++i) waiting.push_back(start(log, message));
    return waiting;
  }

  /// How far the index has come.
  std::int64_t indexed_up_to() {
    auto index = must_open(index_file());
    const auto found = index.query_integer("SELECT indexed_up_to FROM state");
    EXPECT_TRUE(found);
    return found ? *found : -1;
  }

 private:
  static Database must_open(const std::filesystem::path& path) {
    auto opened = Database::open(path.string(), Database::Access::kReadOnly);
    if (!opened) throw std::runtime_error(opened.error().text);
    return std::move(*opened);
  }

  const NewMessage first_ = event("first-1");
  WrittenMessage written_;  // what the tests do not look at
  test::RunningIoThread io_;
};

TEST_F(SqliteBoundsTest, OneAppendTooManyIsOverload) {
  wanted_.pending_appends_max = 4;
  open();
  const Log log = create();
  const NewMessage message = event("a-1");
  {
    HeldWriter writer(log.ns());
    auto waiting = start_behind(writer, log, message, 4);
    EXPECT_EQ(failure_of(start(log, message).get()), ErrorCode::kOverloaded);
    writer.release();
    for (auto& one : waiting) EXPECT_TRUE(one.get());
  }
  must(log.append(message));  // there is room again
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 5U) << "nothing of the refused one is stored";
}

TEST_F(SqliteBoundsTest, AppendsThatCameTogetherAreRefusedTogether) {
  wanted_.pending_appends_max = 4;
  open();
  const Log log = create();
  const NewMessage message = event("a-1");
  std::vector<WrittenMessage> written(6);
  std::vector<Append> appends;
  for (WrittenMessage& each : written) appends.push_back({{&message, 1}, {&each, 1}});
  {
    HeldWriter writer(log.ns());
    auto waiting = start_behind(writer, log, message, 2);
    append_each(log, appends);
    for (const Append& each : appends) {
      EXPECT_EQ(failure_of(each.outcome), ErrorCode::kOverloaded);
    }
    writer.release();
    for (auto& one : waiting) EXPECT_TRUE(one.get());
  }
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 2U) << "nothing of the refused ones is stored";
  // Where nothing else waits, they are taken however many they are.
  append_each(log, appends);
  for (const Append& each : appends) EXPECT_TRUE(each.outcome);
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 8U);
}

TEST_F(SqliteBoundsTest, TooManyBytesWaitingIsOverload) {
  wanted_.pending_append_bytes_max = 1000;
  open();
  const Log log = create();
  const NewMessage message = message_of(400);
  const NewMessage rest = message_of(200);
  const NewMessage giant = message_of(5000);
  {
    HeldWriter writer(log.ns());
    auto waiting = start_behind(writer, log, message, 2);
    EXPECT_EQ(failure_of(start(log, message_of(201)).get()), ErrorCode::kOverloaded);
    waiting.push_back(start(log, rest));
    EXPECT_EQ(failure_of(start(log, message_of(20)).get()), ErrorCode::kOverloaded);
    writer.release();
    for (auto& one : waiting) EXPECT_TRUE(one.get());
  }
  must(log.append(giant));  // however large, when nothing else waits
}

TEST_F(SqliteBoundsTest, ACommitTakesSoManyMessages) {
  wanted_.commit_messages_max = 3;
  open();
  const Log log = create();
  const NewMessage message = event("a-1");
  HeldWriter writer(log.ns());
  auto waiting = start_behind(writer, log, message, 7);
  writer.release();
  for (auto& one : waiting) EXPECT_TRUE(one.get());
  EXPECT_EQ(writer.commits(), 4) << "the first, then 3 + 3 + 1";
}

TEST_F(SqliteBoundsTest, ACommitTakesSoManyBytesOrOneAppend) {
  wanted_.commit_bytes_max = 1000;
  open();
  const Log log = create();
  const NewMessage message = message_of(400);
  const NewMessage giant = message_of(5000);
  HeldWriter writer(log.ns());
  auto waiting = start_behind(writer, log, message, 3);
  waiting.push_back(start(log, giant));
  writer.release();
  for (auto& one : waiting) EXPECT_TRUE(one.get());
  EXPECT_EQ(writer.commits(), 4) << "the first, then 2 + 1, then the giant";
}

TEST_F(SqliteBoundsTest, WritersWaitWhileTooManyMessagesAreNotIndexed) {
  wanted_.tail_messages_max = 16;
  wanted_.index_delay = std::chrono::hours(1);
  open();
  const Log log = create();
  for (int i = 0; i < 200; ++i) must(log.append(event("a-1")));
  EXPECT_GE(indexed_up_to(), 200 - 16);
}

TEST_F(SqliteBoundsTest, WritersWaitWhileTooManyBytesAreNotIndexed) {
  constexpr std::size_t kBytes = 10'000;
  wanted_.tail_bytes_max = 100 * kBytes;
  wanted_.index_delay = std::chrono::hours(1);
  open();
  const Log log = create();
  const NewMessage message = message_of(kBytes);
  for (int i = 0; i < 500; ++i) must(log.append(message));
  EXPECT_GE(indexed_up_to(), 500 - 100);
}

}  // namespace
}  // namespace eventodb::store::sqlite
