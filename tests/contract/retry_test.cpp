#include <future>

#include "contract/store_contract.hpp"

// Protocol 3.2: a write whose id is stored already is a retry when its content is equal, and is
// refused otherwise.
namespace eventodb::contract {
namespace {

class RetryContract : public StoreContract {
 protected:
  static NewMessage with_id(std::uint64_t number, std::string_view stream = "a-1") {
    NewMessage message = event(stream, R"({"n":1})", R"({"m":1})");
    message.id = id_number(number);
    return message;
  }

  static void expect_refused(const Log& log, const NewMessage& message, WrittenMessage holder) {
    const auto result = log.append(message);
    ASSERT_EQ(failure_of(result), ErrorCode::kMessageIdExists);
    const auto existing = std::get<ExistingMessage>(result.error().details);
    EXPECT_EQ(existing.id, *message.id);
    EXPECT_EQ(existing.stream, "a-1");
    EXPECT_EQ(existing.written, holder);
  }
};
EVENTODB_FOR_EVERY_BACKEND(RetryContract);

TEST_P(RetryContract, GetsTheFirstResultAndStoresNothing) {
  const Log log = create();
  must(log.append(event("b-1")));
  const auto first = must(log.append(with_id(1)));
  must(log.append(event("a-1")));
  EXPECT_EQ(must(log.append(with_id(1))), first);
  EXPECT_EQ(must(log.append(with_id(1))), first);
  EXPECT_EQ(must(log.head()).value, 3);
  EXPECT_EQ(must(log.append(event("a-1"))).global_position.value, 4);
}

TEST_P(RetryContract, HoldsWhateverTheExpectedVersionSays) {
  const Log log = create();
  NewMessage message = with_id(1);
  message.expected_version = ExpectedVersion(-1);
  const auto first = must(log.append(message));
  EXPECT_EQ(must(log.append(message)), first) << "the version it expected is gone by now";
  for (const std::int64_t version : {0, 5, -7}) {
    message.expected_version = ExpectedVersion(version);
    EXPECT_EQ(must(log.append(message)), first) << version;
  }
}

TEST_P(RetryContract, OtherContentIsRefusedWithTheHolder) {
  const Log log = create();
  must(log.append(event("b-1")));
  const auto first = must(log.append(with_id(1)));
  NewMessage other = with_id(1);
  other.data = R"({"n":2})";
  expect_refused(log, other, first);
  other = with_id(1);
  other.type = "Another";
  expect_refused(log, other, first);
  other = with_id(1);
  other.metadata = "";
  expect_refused(log, other, first);
  other = with_id(1, "a-2");
  expect_refused(log, other, first);
  EXPECT_EQ(must(log.head()).value, 2);
  EXPECT_FALSE(must(log.version("a-2")).has_value());
}

TEST_P(RetryContract, TheVersionIsCheckedBeforeTheId) {
  const Log log = create();
  must(log.append(with_id(1)));
  NewMessage other = with_id(1);
  other.data = "{}";
  other.expected_version = ExpectedVersion(9);
  EXPECT_EQ(failure_of(log.append(other)), ErrorCode::kVersionConflict);
  other.expected_version = ExpectedVersion(0);
  EXPECT_EQ(failure_of(log.append(other)), ErrorCode::kMessageIdExists);
}

TEST_P(RetryContract, AnotherNamespaceKnowsNothingOfTheId) {
  const Log log = create("one");
  const Log other = create("two");
  must(log.append(with_id(1)));
  NewMessage message = with_id(1);
  message.data = "{}";
  EXPECT_EQ(must(other.append(message)).global_position.value, 1);
}

TEST_P(RetryContract, ABatchIsARetryWhenAllOfItIs) {
  const Log log = create();
  const std::vector<NewMessage> batch = {with_id(1), with_id(2, "b-1"), with_id(3)};
  const auto first = must(log.append(batch));
  must(log.append(event("a-1")));
  EXPECT_EQ(must(log.append(batch)), first);
  EXPECT_EQ(must(log.append(batch[1])), first[1]);
  EXPECT_EQ(must(log.head()).value, 4);
}

TEST_P(RetryContract, ABatchOfWhichOnlyAPartIsStoredIsRefusedWhole) {
  const Log log = create();
  const auto first = must(log.append(with_id(1)));
  const auto result = log.append({with_id(2, "new-1"), with_id(1)});
  ASSERT_EQ(failure_of(result), ErrorCode::kMessageIdExists);
  EXPECT_EQ(std::get<ExistingMessage>(result.error().details).written, first);
  EXPECT_EQ(failure_of(log.append({with_id(1), event("new-1")})), ErrorCode::kMessageIdExists)
      << "a message without an id is no retry";
  EXPECT_EQ(must(log.head()).value, 1);
  EXPECT_FALSE(must(log.version("new-1")).has_value());
}

TEST_P(RetryContract, ABatchIsARetryWhateverItsExpectedVersionsSay) {
  const Log log = create();
  std::vector<NewMessage> batch = {with_id(1), with_id(2, "b-1"), with_id(3)};
  batch[0].expected_version = ExpectedVersion(-1);
  batch[1].expected_version = ExpectedVersion(-1);
  const auto first = must(log.append(batch));
  must(log.append({event("a-1"), event("b-1")}));
  EXPECT_EQ(must(log.append(batch)), first) << "those versions are gone by now";
  batch[2].expected_version = ExpectedVersion(77);
  EXPECT_EQ(must(log.append(batch)), first);
  batch[2].data = "{}";
  const auto result = log.append(batch);
  ASSERT_EQ(failure_of(result), ErrorCode::kVersionConflict) << "it is no retry any more";
  EXPECT_EQ(std::get<VersionConflict>(result.error().details).message, 0U);
  EXPECT_EQ(must(log.head()).value, 5);
}

TEST_P(RetryContract, TheFirstMessageOfABatchThatMayNotBeAppendedDecides) {
  const Log log = create();
  must(log.append(with_id(1)));
  NewMessage stale = event("b-1");
  stale.expected_version = ExpectedVersion(5);
  EXPECT_EQ(failure_of(log.append({with_id(2), with_id(1), stale})), ErrorCode::kMessageIdExists);
  EXPECT_EQ(failure_of(log.append({with_id(2), stale, with_id(1)})), ErrorCode::kVersionConflict);
  EXPECT_EQ(must(log.head()).value, 1);
  EXPECT_EQ(must(log.append(with_id(2))).global_position.value, 2) << "its id is still free";
}

TEST_P(RetryContract, RacingCopiesOfABatchStoreItOnce) {
  const Log log = create();
  const std::vector<RunningIoThread*> threads = {&io_, &second_io_, &third_io_, &fourth_io_};
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::vector<NewMessage> batch;
    for (std::uint64_t i = 0; i < 50; ++i) {
      batch.push_back(with_id(round * 50 + i, i % 2 == 0 ? "a-1" : "b-1"));
    }
    std::vector<std::vector<WrittenMessage>> written(threads.size(),
                                                     std::vector<WrittenMessage>(batch.size()));
    std::vector<std::future<Result<void>>> results;
    for (std::size_t i = 0; i < threads.size(); ++i) {
      results.push_back(threads[i]->start(log.ns().append(batch, written[i])));
    }
    for (auto& result : results) must(result.get());
    for (const auto& one : written) EXPECT_EQ(one, written.front());
    ASSERT_EQ(must(log.head()).value, static_cast<std::int64_t>(50 * (round + 1)));
  }
}

TEST_P(RetryContract, AnIdTwiceInABatchIsRefused) {
  const Log log = create();
  const auto result = log.append({event("b-1"), with_id(1), with_id(1)});
  ASSERT_EQ(failure_of(result), ErrorCode::kMessageIdExists);
  EXPECT_EQ(std::get<ExistingMessage>(result.error().details).id, id_number(1));
  EXPECT_EQ(must(log.head()).value, 0);
  EXPECT_EQ(must(log.append(with_id(1))).global_position.value, 1) << "the id is still free";
}

TEST_P(RetryContract, HoldsForIdsTheStoreMade) {
  const Log log = create();
  const auto first = must(log.append(event("a-1")));
  NewMessage again = event("a-1");
  again.id = log.read_stream("a-1").messages.at(0).id;
  EXPECT_EQ(must(log.append(again)), first);
}

TEST_P(RetryContract, OldIdsAreKnownAfterManyOtherMessages) {
  const Log log = create();
  const auto first = must(log.append(with_id(1)));
  for (std::uint64_t batch = 0; batch < 20; ++batch) {
    std::vector<NewMessage> messages;
    for (std::uint64_t i = 0; i < 1000; ++i) messages.push_back(with_id(2 + batch * 1000 + i));
    must(log.append(messages));
  }
  EXPECT_EQ(must(log.append(with_id(1))), first);
  EXPECT_EQ(must(log.append(with_id(10'001))).position.value, 10'000);
  NewMessage other = with_id(1);
  other.data = "{}";
  expect_refused(log, other, first);
}

TEST_P(RetryContract, RacingCopiesStoreOneMessageAndGetTheSameResult) {
  const Log log = create();
  const std::vector<RunningIoThread*> threads = {&io_, &second_io_, &third_io_, &fourth_io_};
  for (std::uint64_t round = 0; round < 50; ++round) {
    const NewMessage message = with_id(round);
    std::vector<WrittenMessage> written(threads.size());
    std::vector<std::future<Result<void>>> results;
    for (std::size_t i = 0; i < threads.size(); ++i) {
      results.push_back(threads[i]->start(log.ns().append({&message, 1}, {&written[i], 1})));
    }
    for (auto& result : results) must(result.get());
    for (const auto& one : written) EXPECT_EQ(one, written.front());
    ASSERT_EQ(must(log.head()).value, static_cast<std::int64_t>(round) + 1);
  }
}

}  // namespace
}  // namespace eventodb::contract
