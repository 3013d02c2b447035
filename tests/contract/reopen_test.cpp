#include "contract/store_contract.hpp"

// What a persistent backend must still know after it was closed and opened again.
namespace eventodb::contract {
namespace {

class ReopenContract : public StoreContract {
 protected:
  Log found(std::string_view id = "test") { return {io_, find(id)}; }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReopenContract);
INSTANTIATE_TEST_SUITE_P(Each, ReopenContract, ::testing::ValuesIn(persistent_backends()), name_of);

TEST_P(ReopenContract, EveryMessageIsThereUnchanged) {
  std::vector<OwnedMessage> before;
  {
    const Log log = create();
    for (int i = 0; i < 500; ++i) {
      const std::string stream = "s" + std::to_string(i % 3) + "-" + std::to_string(i % 20);
      must(log.append(event(stream, "{\"n\":" + std::to_string(i) + "}",
                            R"({"correlationStreamName":"flow-1"})")));
    }
    log.append_many("big-1", 5000);
    before = log.read_all().messages;
  }
  reopen();
  const Log log = found();
  EXPECT_TRUE(log.read_all().messages == before);
  std::size_t correlated = 0;
  CategoryCursor cursor{.category = "", .next = {0}, .remaining = -1, .correlation = "flow"};
  for (const auto& message : log.read(cursor).messages) {
    EXPECT_TRUE(message == before.at(correlated++));
  }
  EXPECT_EQ(correlated, 500U);
  EXPECT_EQ(log.read_stream("big-1").messages.size(), 5000U);
  EXPECT_EQ(must(log.version("s0-0"))->value, log.read_stream("s0-0").positions().back());
}

TEST_P(ReopenContract, WritingGoesOnWhereItStopped) {
  {
    const Log log = create();
    must(log.append({event("a-1"), event("a-1"), event("b-1")}));
  }
  reopen();
  const Log log = found();
  EXPECT_EQ(failure_of(log.append(event_at("a-1", 0))), ErrorCode::kVersionConflict);
  EXPECT_EQ(must(log.append(event_at("a-1", 1))),
            (WrittenMessage{.position = {2}, .global_position = {4}}));
  EXPECT_EQ(must(log.append(event("c-1"))),
            (WrittenMessage{.position = {0}, .global_position = {5}}));
  const auto messages = log.read_all().messages;
  for (std::size_t i = 1; i < messages.size(); ++i) {
    EXPECT_LE(messages[i - 1].time, messages[i].time);
  }
}

TEST_P(ReopenContract, RetriesOfBatchesAreStillKnown) {
  std::vector<NewMessage> batch(500, event("a-1", R"({"n":1})"));
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].id = id_number(i);
  batch.front().expected_version = ExpectedVersion(-1);
  std::vector<WrittenMessage> first;
  {
    const Log log = create();
    first = must(log.append(batch));
  }
  reopen();
  const Log log = found();
  EXPECT_EQ(must(log.append(batch)), first);
  batch.back().id = id_number(500);
  EXPECT_EQ(failure_of(log.append(batch)), ErrorCode::kVersionConflict);
  batch.front().expected_version = {};
  EXPECT_EQ(failure_of(log.append(batch)), ErrorCode::kMessageIdExists) << "a part of it is stored";
  EXPECT_EQ(must(log.head()).value, 500);
}

TEST_P(ReopenContract, RetriesAreStillKnown) {
  NewMessage message = event("a-1", R"({"n":1})");
  message.id = id_number(1);
  WrittenMessage first;
  {
    const Log log = create();
    must(log.append(event("a-1")));
    first = must(log.append(message));
  }
  reopen();
  const Log log = found();
  EXPECT_EQ(must(log.append(message)), first);
  message.data = "{}";
  EXPECT_EQ(failure_of(log.append(message)), ErrorCode::kMessageIdExists);
  EXPECT_EQ(must(log.head()).value, 2);
}

TEST_P(ReopenContract, ListingsAndCountsAreTheSame) {
  std::vector<CategoryRow> categories;
  std::size_t streams = 0;
  {
    const Log log = create();
    for (int i = 0; i < 300; ++i) must(log.append(event("s" + std::to_string(i % 7) + "-1")));
    must(log.append(event("plain")));
    categories = must(log.categories());
    streams = must(log.streams()).size();
  }
  reopen();
  const Log log = found();
  EXPECT_EQ(must(log.categories()), categories);
  EXPECT_EQ(must(log.streams()).size(), streams);
  const auto info = must(log.info());
  EXPECT_EQ(info.message_count, 301);
  EXPECT_EQ(info.stream_count, 8);
  EXPECT_EQ(*info.last_activity, log.read_all().messages.back().time);
}

TEST_P(ReopenContract, NamespacesAreTheSame) {
  Timestamp created_at;
  std::vector<std::string> before;
  {
    const Log log(io_, must(try_create("kept/../x", "a description")));
    must(log.append(event("a-1")));
    created_at = log.ns().created_at();
    create("gone");
    create("empty");
    must(remove("gone"));
    must(io_.run(store().set_token_hash("empty", hash_of_text('c'))));
    before = list();
  }
  reopen();
  EXPECT_EQ(list(), before);
  EXPECT_EQ(find("gone"), nullptr);
  const auto kept = find("kept/../x");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->description(), "a description");
  EXPECT_EQ(kept->created_at(), created_at);
  EXPECT_EQ(kept->token_hash(), hash_of_text('a'));
  EXPECT_EQ(find("empty")->token_hash(), hash_of_text('c'));
  EXPECT_EQ(must(create("gone").head()).value, 0) << "a deleted id starts afresh";
}

TEST_P(ReopenContract, HoldsManyTimesInARow) {
  create();
  for (std::int64_t round = 0; round < 5; ++round) {
    {
      const Log log = found();
      EXPECT_EQ(must(log.head()).value, round * 700);
      log.append_many("a-1", 700);
    }
    reopen();
  }
  EXPECT_EQ(found().read_stream("a-1").messages.size(), 3500U);
}

}  // namespace
}  // namespace eventodb::contract
