#include <algorithm>

#include "base/rfc3339.hpp"
#include "contract/store_contract.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::contract {
namespace {

class AppendContract : public StoreContract {};
EVENTODB_FOR_EVERY_BACKEND(AppendContract);

TEST_P(AppendContract, FirstMessageIsAtPositionZeroAndGlobalPositionOne) {
  const Log log = create();
  const auto written = must(log.append(event("account-1")));
  EXPECT_EQ(written, (WrittenMessage{.position = {0}, .global_position = {1}}));
}

TEST_P(AppendContract, PositionsCountPerStreamAndGlobalPositionsPerNamespaceWithoutGaps) {
  const Log log = create();
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto written = must(log.append(event(i % 2 == 0 ? "account-1" : "account-2")));
    EXPECT_EQ(written, (WrittenMessage{.position = {i / 2}, .global_position = {i + 1}}));
  }
}

TEST_P(AppendContract, StoresEveryFieldAsGiven) {
  const Log log = create();
  NewMessage message = event("account-1", R"({"n":1.0,"a":[ ]})", R"({"m":"x"})");
  message.type = "Opened";
  message.id = id_number(7);
  must(log.append(message));
  const auto stored = log.read_stream("account-1").messages.at(0);
  EXPECT_EQ(stored.stream, "account-1");
  EXPECT_EQ(stored.type, "Opened");
  EXPECT_EQ(stored.data, R"({"n":1.0,"a":[ ]})");
  EXPECT_EQ(stored.metadata, R"({"m":"x"})");
  EXPECT_EQ(stored.id, id_number(7));
  EXPECT_EQ(stored.position.value, 0);
  EXPECT_EQ(stored.global_position.value, 1);
}

TEST_P(AppendContract, NoMetadataAndAnEmptyObjectAreDifferent) {
  const Log log = create();
  must(log.append(event("a-1", "{}", "")));
  must(log.append(event("a-1", "{}", "{}")));
  const auto found = log.read_stream("a-1").messages;
  EXPECT_EQ(found.at(0).metadata, "");
  EXPECT_EQ(found.at(1).metadata, "{}");
}

TEST_P(AppendContract, MakesVersionSevenIdsInOrderWhenNoneIsGiven) {
  const Log log = create();
  for (int i = 0; i < 20; ++i) must(log.append(event("account-1")));
  must(log.append(std::vector<NewMessage>(20, event("account-2"))));
  const auto found = log.read_all().messages;
  ASSERT_EQ(found.size(), 40U);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].id.bytes[6] >> 4, 7) << "version";
    EXPECT_EQ(found[i].id.bytes[8] >> 6, 2) << "variant";
    if (i == 0) continue;
    EXPECT_LT(found[i - 1].id, found[i].id);
  }
}

TEST_P(AppendContract, TimesAreNowAndNeverDecrease) {
  const Log log = create();
  const Timestamp before = base::wall_clock_now();
  for (int i = 0; i < 200; ++i) must(log.append(event("account-1")));
  const Timestamp after = base::wall_clock_now();
  const auto found = log.read_all().messages;
  EXPECT_GE(found.front().time, before);
  EXPECT_LE(found.back().time, after);
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                             [](const auto& a, const auto& b) { return a.time < b.time; }));
}

TEST_P(AppendContract, AnyExpectationMatchesNothingOrSomething) {
  const Log log = create();
  EXPECT_EQ(must(log.append(event("a-1"))).position.value, 0);
  EXPECT_EQ(must(log.append(event("a-1"))).position.value, 1);
}

TEST_P(AppendContract, ExpectedVersionOnANewStream) {
  const Log log = create();
  for (const std::int64_t wrong : {0, 1, 5, -2}) {
    const auto result = log.append(event_at("new-1", wrong));
    ASSERT_EQ(failure_of(result), ErrorCode::kVersionConflict) << wrong;
    const auto conflict = std::get<VersionConflict>(result.error().details);
    EXPECT_EQ(conflict.expected, wrong);
    EXPECT_EQ(conflict.actual, -1);
  }
  EXPECT_EQ(must(log.append(event_at("new-1", -1))).position.value, 0);
}

TEST_P(AppendContract, ExpectedVersionOnAnExistingStream) {
  const Log log = create();
  log.append_many("a-1", 2);
  for (const std::int64_t wrong : {-1, 0, 2, 5}) {
    const auto result = log.append(event_at("a-1", wrong));
    ASSERT_EQ(failure_of(result), ErrorCode::kVersionConflict) << wrong;
    const auto conflict = std::get<VersionConflict>(result.error().details);
    EXPECT_EQ(conflict.expected, wrong);
    EXPECT_EQ(conflict.actual, 1);
  }
  EXPECT_EQ(must(log.append(event_at("a-1", 1))).position.value, 2);
}

TEST_P(AppendContract, AConflictStoresNothingAndUsesNoGlobalPosition) {
  const Log log = create();
  must(log.append(event("a-1")));
  ASSERT_EQ(failure_of(log.append(event_at("a-1", 9))), ErrorCode::kVersionConflict);
  EXPECT_EQ(must(log.head()).value, 1);
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 1U);
  EXPECT_EQ(must(log.append(event("a-1"))).global_position.value, 2);
}

TEST_P(AppendContract, ABatchIsAppendedInItsOrder) {
  const Log log = create();
  const auto written = must(log.append(
      {event("a-1", R"({"n":0})"), event("b-1", R"({"n":1})"), event("a-1", R"({"n":2})")}));
  EXPECT_EQ(written.at(0), (WrittenMessage{.position = {0}, .global_position = {1}}));
  EXPECT_EQ(written.at(1), (WrittenMessage{.position = {0}, .global_position = {2}}));
  EXPECT_EQ(written.at(2), (WrittenMessage{.position = {1}, .global_position = {3}}));
  const auto found = log.read_all().messages;
  ASSERT_EQ(found.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found[i].data, "{\"n\":" + std::to_string(i) + "}");
  }
}

TEST_P(AppendContract, EarlierMessagesOfTheBatchCountForExpectedVersions) {
  const Log log = create();
  must(log.append(
      {event_at("a-1", -1), event_at("a-1", 0), event_at("b-1", -1), event_at("a-1", 1)}));
  EXPECT_EQ(must(log.version("a-1"))->value, 2);
  const auto result = log.append({event_at("a-1", 2), event_at("a-1", 2)});
  ASSERT_EQ(failure_of(result), ErrorCode::kVersionConflict);
  EXPECT_EQ(std::get<VersionConflict>(result.error().details).actual, 3);
}

TEST_P(AppendContract, ABatchThatFailsInItsLastMessageStoresNothing) {
  const Log log = create();
  must(log.append(event("a-1")));
  ASSERT_EQ(failure_of(log.append({event("new-1"), event("a-1"), event_at("a-1", 0)})),
            ErrorCode::kVersionConflict);
  EXPECT_EQ(must(log.head()).value, 1);
  EXPECT_EQ(must(log.version("a-1"))->value, 0);
  EXPECT_FALSE(must(log.version("new-1")).has_value());
  EXPECT_EQ(must(log.info()).stream_count, 1);
  EXPECT_EQ(must(log.categories()).size(), 1U);
  EXPECT_EQ(must(log.append(event("a-1"))),
            (WrittenMessage{.position = {1}, .global_position = {2}}));
}

TEST_P(AppendContract, AConflictInTheMiddleOfABatchNamesItsMessageAndStoresNothing) {
  const Log log = create();
  must(log.append({event("a-1"), event("b-1")}));
  std::vector<NewMessage> batch(300, event("new-1"));
  batch[100] = event("new-2");
  batch[101] = event("a-1");
  batch[150] = event_at("b-1", 7);
  batch[200] = event_at("a-1", 0);  // wrong too, as 101 comes before it
  const auto result = log.append(batch);
  ASSERT_EQ(failure_of(result), ErrorCode::kVersionConflict);
  const auto conflict = std::get<VersionConflict>(result.error().details);
  EXPECT_EQ(conflict.message, 150U);
  EXPECT_EQ(conflict.expected, 7);
  EXPECT_EQ(conflict.actual, 0);
  EXPECT_EQ(must(log.head()).value, 2);
  EXPECT_FALSE(must(log.version("new-1")).has_value());
  EXPECT_EQ(must(log.info()).stream_count, 2);
  batch[150] = event_at("b-1", 0);
  EXPECT_EQ(std::get<VersionConflict>(log.append(batch).error().details).message, 200U);
  batch[200] = event_at("a-1", 1);
  EXPECT_EQ(must(log.append(batch)).at(200),
            (WrittenMessage{.position = {2}, .global_position = {203}}));
}

TEST_P(AppendContract, AStreamMayComeBackInABatchWithAnotherExpectation) {
  const Log log = create();
  const auto written = must(log.append({event_at("a-1", -1), event("a-1"), event_at("b-1", -1),
                                        event_at("a-1", 1), event_at("b-1", 0)}));
  EXPECT_EQ(written.at(3), (WrittenMessage{.position = {2}, .global_position = {4}}));
  EXPECT_EQ(written.at(4), (WrittenMessage{.position = {1}, .global_position = {5}}));
  const auto result = log.append({event_at("a-1", 2), event("b-1"), event_at("a-1", 2)});
  ASSERT_EQ(failure_of(result), ErrorCode::kVersionConflict)
      << "the version is that which the batch itself made";
  EXPECT_EQ(std::get<VersionConflict>(result.error().details).actual, 3);
  EXPECT_EQ(must(log.version("a-1"))->value, 2);
}

TEST_P(AppendContract, TheLargestCallOfAClientIsOneBatch) {
  const Log log = create();
  std::vector<NewMessage> batch;
  for (std::size_t i = 0; i < limits::kAppendMessagesMax; ++i) {
    batch.push_back(event(i % 2 == 0 ? "a-1" : "b-1"));
    batch.back().id = id_number(i);
  }
  const auto written = must(log.append(batch));
  EXPECT_EQ(written.back().global_position.value, static_cast<std::int64_t>(batch.size()));
  EXPECT_EQ(must(log.append(batch)), written) << "a retry";
  batch.back().data = R"({"n":1})";
  EXPECT_EQ(failure_of(log.append(batch)), ErrorCode::kMessageIdExists);
  EXPECT_EQ(must(log.head()).value, static_cast<std::int64_t>(batch.size()));
}

TEST_P(AppendContract, ABatchMayBeLargerThanACommit) {
  const Log log = create();
  const std::size_t count = limits::kCommitMessagesMax + 900;
  const auto written = must(log.append(std::vector<NewMessage>(count, event("big-1"))));
  EXPECT_EQ(written.back().position.value, static_cast<std::int64_t>(count) - 1);
  EXPECT_EQ(written.back().global_position.value, static_cast<std::int64_t>(count));
  EXPECT_EQ(log.read_stream("big-1").messages.size(), count);
}

TEST_P(AppendContract, IsVisibleOnAnotherThreadWhenItHasCompleted) {
  const Log log = create();
  const Log elsewhere = log.on(second_io_);
  for (std::int64_t i = 0; i < 100; ++i) {
    must(log.append(event("a-1")));
    ASSERT_EQ(must(elsewhere.version("a-1"))->value, i);
    ASSERT_EQ(must(elsewhere.head()).value, i + 1);
    ASSERT_EQ(
        elsewhere.read(StreamCursor{.stream = "a-1", .next = {i}, .remaining = 5}).messages.size(),
        1U);
  }
}

TEST_P(AppendContract, AppendsHandedOverTogetherAreDecidedOneByOne) {
  const Log log = create();
  NewMessage repeated = event("b-1", R"({"n":1})");
  repeated.id = id_number(1);
  NewMessage other_content = event("b-1", R"({"n":2})");
  other_content.id = id_number(1);
  const std::vector<std::vector<NewMessage>> wanted = {
      {event_at("a-1", -1)},                     // the first of a stream
      {event_at("a-1", -1)},                     // which is there now
      {event_at("a-1", 0), event_at("a-1", 1)},  // two that build on it
      {event("c-1"), event_at("c-1", 5)},        // refused as a whole ...
      {event_at("c-1", -1)},                     // ... so this stream is still new
      {repeated},
      {repeated},       // a retry
      {other_content},  // the same id for something else
      {event("a-1")},
  };
  std::vector<std::vector<WrittenMessage>> written;
  std::vector<Append> appends;
  written.reserve(wanted.size());
  for (const auto& messages : wanted) {
    written.emplace_back(messages.size());
    appends.push_back({messages, written.back()});
  }
  io_.run(log.ns().append_each(appends));

  constexpr auto kDone = ErrorCode::kCount;
  const ErrorCode codes[] = {
      kDone, ErrorCode::kVersionConflict, kDone, ErrorCode::kVersionConflict, kDone, kDone,
      kDone, ErrorCode::kMessageIdExists, kDone};
  for (std::size_t i = 0; i < appends.size(); ++i) {
    EXPECT_EQ(failure_of(appends[i].outcome), codes[i]) << i;
  }
  EXPECT_EQ(written[0][0], (WrittenMessage{{0}, {1}}));
  EXPECT_EQ(written[2][0], (WrittenMessage{{1}, {2}}));
  EXPECT_EQ(written[2][1], (WrittenMessage{{2}, {3}}));
  EXPECT_EQ(written[4][0], (WrittenMessage{{0}, {4}}));
  EXPECT_EQ(written[5][0], (WrittenMessage{{0}, {5}}));
  EXPECT_EQ(written[6][0], written[5][0]);
  EXPECT_EQ(written[8][0], (WrittenMessage{{3}, {6}}));
  EXPECT_EQ(log.read_all().streams(),
            (std::vector<std::string>{"a-1", "a-1", "a-1", "c-1", "b-1", "a-1"}));
}

TEST_P(AppendContract, AppendsHandedOverTogetherToADeletedNamespaceAllFail) {
  const Log log = create();
  must(remove("test"));
  const NewMessage message = event("a-1");
  std::vector<WrittenMessage> written(2);
  std::vector<Append> appends = {{{&message, 1}, {&written[0], 1}},
                                 {{&message, 1}, {&written[1], 1}}};
  io_.run(log.ns().append_each(appends));
  for (const Append& append : appends) {
    EXPECT_EQ(failure_of(append.outcome), ErrorCode::kNamespaceNotFound);
  }
}

}  // namespace
}  // namespace eventodb::contract
