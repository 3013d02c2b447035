#include <gtest/gtest.h>

#include <limits>

#include "eventodb/limits.hpp"
#include "unit/store/log/log_model.hpp"

namespace eventodb::store {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

MessageView message(std::string_view stream, std::int64_t position, std::int64_t global,
                    std::string_view data = "{}", std::string_view metadata = {}) {
  MessageId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(global) >> (8 * i));
  }
  return {stream, "T", data, metadata, {position}, {global}, id, {global}};
}

/// Appends `count` messages to each of `streams` streams in turn, from global position `first` on.
void fill(MessageLog& log, std::int64_t first, std::int64_t count, std::int64_t streams,
          std::string_view data = "{}") {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < streams; ++i) names.push_back("account-" + std::to_string(i));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t global = first + i;
    log.append(message(names[static_cast<std::size_t>(global % streams)], global, global, data));
  }
}

TEST(MessageLog, IsEmptyAtFirst) {
  MessageLog log;
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.message_count(), 0U);
  EXPECT_EQ(log.stream_count(), 0U);
  EXPECT_FALSE(log.find_stream("a-1").has_value());
  EXPECT_FALSE(log.find_category("a").has_value());
  EXPECT_FALSE(log.find_last("a-1", "").has_value());
  EXPECT_FALSE(log.find_id({}).has_value());
  log.drop_up_to({kMax});
  test::MessageCollector collector;
  CategoryCursor cursor{.category = "", .next = {kMin}, .remaining = -1};
  EXPECT_EQ(log.read_category(cursor, collector), ReadState::kDone);
}

TEST(MessageLog, HoldsTheHighestPositionsWithoutOverflow) {
  MessageLog log;
  log.append(message("a-1", kMax - 1, kMax - 1, "{}", R"({"correlationStreamName":"f-1"})"));
  log.append(message("a-1", kMax, kMax, "{}", R"({"correlationStreamName":"f-1"})"));
  for (const std::size_t pause_every : {0U, 1U}) {
    for (const std::int64_t next : {kMin, kMax - 1}) {
      test::MessageCollector by_stream(pause_every);
      read_all(log, StreamCursor{.stream = "a-1", .next = {next}, .remaining = -1}, by_stream);
      EXPECT_EQ(by_stream.found.size(), 2U);
      for (const std::string_view category : {"a", ""}) {
        test::MessageCollector by_category(pause_every);
        read_all(log, CategoryCursor{.category = category, .next = {next}, .remaining = -1},
                 by_category);
        EXPECT_EQ(by_category.found.size(), 2U);
      }
    }
    test::MessageCollector last(pause_every);
    read_all(log, CategoryCursor{.category = "", .next = {kMax}, .remaining = kMin}, last);
    EXPECT_EQ(last.found.size(), 1U);
  }
  StreamCursor cursor{.stream = "a-1", .next = {kMax}, .remaining = -1};
  test::MessageCollector collector;
  EXPECT_EQ(log.read_stream(cursor, collector), ReadState::kDone);
  EXPECT_EQ(log.read_stream(cursor, collector), ReadState::kDone);
  EXPECT_EQ(collector.found.size(), 1U) << "a cursor that cannot advance wants no more";
}

TEST(MessageLog, GlobalPositionsMayStartAnywhere) {
  MessageLog log;
  log.append(message("a-1", 0, -5));
  log.append(message("a-1", 1, 0));
  EXPECT_EQ(log.first().value, -5);
  test::MessageCollector collector;
  read_all(log, CategoryCursor{.category = "a", .next = {kMin}, .remaining = -1}, collector);
  EXPECT_EQ(collector.found.size(), 2U);
}

TEST(MessageLog, MessagesStayWhereTheyAreUntilDropped) {
  MessageLog log;
  fill(log, 1, 500, 7);
  std::vector<LogRecord> taken;
  struct Take : LogVisitor {
    explicit Take(std::vector<LogRecord>& to) : into(to) {}
    bool visit(const LogRecord& record) override {
      into.push_back(record);
      return into.size() < 300;
    }
    std::vector<LogRecord>& into;
  } take(taken);
  log.read_records({100}, take);
  ASSERT_EQ(taken.size(), 300U) << "the visitor stopped it";
  log.drop_up_to({99});
  fill(log, 501, 20'000, 300);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto global = static_cast<std::int64_t>(i) + 100;
    EXPECT_EQ(taken[i].message.global_position.value, global);
    EXPECT_EQ(taken[i].message.stream, "account-" + std::to_string(global % 7));
    EXPECT_EQ(taken[i].message.data, "{}");
  }
}

TEST(MessageLog, DroppingGivesMemoryBack) {
  MessageLog log;
  const std::string data(200, 'x');
  fill(log, 1, 100'000, 20'000, data);
  const std::size_t full = log.bytes();
  EXPECT_GT(full, 100'000U * (data.size() + 100));
  log.drop_up_to({50'000});
  EXPECT_LT(log.bytes(), full * 7 / 10);
  EXPECT_EQ(log.message_count(), 50'000U);
  log.drop_up_to({99'000});
  EXPECT_LT(log.bytes(), 4'000'000U) << "tables of up to 1 MiB stay for a while";
  log.drop_up_to({kMax});
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.stream_count(), 0U);
  EXPECT_LT(log.bytes(), 100'000U) << "an empty log keeps one small block and small tables";
}

TEST(MessageLog, ALogThatIsDroppedFromAsItGrowsStaysSmall) {
  MessageLog log;
  const std::string data(200, 'x');
  fill(log, 1, 5000, 100, data);
  std::size_t largest = 0;
  for (std::int64_t global = 5001; global < 200'000; global += 100) {
    fill(log, global, 100, 100, data);
    log.drop_up_to({global - 5000});
    largest = std::max(largest, log.bytes());
  }
  EXPECT_EQ(log.message_count(), 5100U - 1);
  EXPECT_LT(largest, 5'000'000U);
}

TEST(MessageLog, LargeMessagesHaveBlocksOfTheirOwn) {
  MessageLog log;
  const std::string large(3'000'000, 'L');
  const std::string edge(256 * 1024 - 400, 'e');
  for (std::int64_t i = 0; i < 30; i += 3) {
    log.append(message("a-1", i, i, large));
    log.append(message("a-1", i + 1, i + 1, "{}"));
    log.append(message("a-1", i + 2, i + 2, edge));
  }
  EXPECT_LT(log.bytes(), 10 * (large.size() + 4 * 256 * 1024));
  for (std::int64_t i = 0; i < 30; ++i) {
    test::MessageCollector collector;
    CategoryCursor cursor{.category = "", .next = {i}, .remaining = 1};
    EXPECT_EQ(log.read_category(cursor, collector), ReadState::kDone);
    ASSERT_EQ(collector.found.at(0).global_position.value, i);
    EXPECT_TRUE(collector.found[0].data == (i % 3 == 0 ? large : i % 3 == 1 ? "{}" : edge));
  }
  log.drop_up_to({26});
  EXPECT_LT(log.bytes(), 5'000'000U);
  EXPECT_EQ(log.find_last("a-1", "T")->position.value, 29);
}

TEST(MessageLog, AReadVisitsABoundedNumberOfMessages) {
  MessageLog log;
  constexpr auto kBound = static_cast<std::int64_t>(limits::kReadStepRowsMax);
  fill(log, 1, 2 * kBound + 10, 1);
  CategoryCursor none{.category = "account", .next = {0}, .remaining = -1};
  none.group = ConsumerGroup{.member = 0, .size = 2};  // "0" belongs to member 1
  test::MessageCollector collector;
  EXPECT_EQ(log.read_category(none, collector), ReadState::kMore);
  EXPECT_EQ(none.next.value, kBound + 1);
  EXPECT_EQ(log.read_category(none, collector), ReadState::kMore);
  EXPECT_EQ(none.next.value, 2 * kBound + 1);
  EXPECT_EQ(log.read_category(none, collector), ReadState::kDone);
  EXPECT_TRUE(collector.found.empty());
  StreamCursor all{.stream = "account-0", .next = {0}, .remaining = -1};
  EXPECT_EQ(log.read_stream(all, collector), ReadState::kMore);
  EXPECT_EQ(collector.found.size(), limits::kReadStepRowsMax);
}

TEST(MessageLog, ACorrelationIsReadWithoutVisitingTheOthers) {
  MessageLog log;
  const std::string_view metadata = R"({"correlationStreamName":"flow-1"})";
  std::int64_t global = 0;
  for (int i = 0; i < 5; ++i) {
    log.append(message("account-0", global, global, "{}", metadata));
    ++global;
    fill(log, global, 20'000, 1);
    global += 20'000;
  }
  CategoryCursor cursor{.category = "account", .next = {1}, .remaining = -1, .correlation = "flow"};
  test::MessageCollector collector;
  EXPECT_EQ(log.read_category(cursor, collector), ReadState::kDone) << "in one bounded call";
  EXPECT_EQ(collector.found.size(), 4U);
}

TEST(MessageLog, TagsAndCorrelationsComeWithRecords) {
  MessageLog log;
  log.append(message("a-1", 0, 1, "{}", R"({"correlationStreamName":"fl\u006fw-1"})"), 17);
  log.append(message("b-1", 0, 2), 18);
  struct Check : LogVisitor {
    bool visit(const LogRecord& record) override {
      tags.push_back(record.stream_tag);
      correlations.emplace_back(record.correlation);
      return true;
    }
    std::vector<std::uint64_t> tags;
    std::vector<std::string> correlations;
  } check;
  log.read_records({0}, check);
  EXPECT_EQ(check.tags, (std::vector<std::uint64_t>{17, 18}));
  EXPECT_EQ(check.correlations, (std::vector<std::string>{"flow", ""}));
  EXPECT_EQ(log.find_stream("b-1")->tag, 18U);
}

TEST(MessageLog, AStreamMayComeBackAfterItWasDropped) {
  MessageLog log;
  log.append(message("a-1", 0, 1));
  log.drop_up_to({1});
  EXPECT_FALSE(log.find_stream("a-1").has_value());
  EXPECT_FALSE(log.find_category("a").has_value());
  log.append(message("a-1", 1, 2));
  EXPECT_EQ(log.find_stream("a-1")->first.value, 1);
  EXPECT_EQ(log.find_category("a")->stream_count, 1);
}

}  // namespace
}  // namespace eventodb::store
