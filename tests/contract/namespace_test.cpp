#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "base/rfc3339.hpp"
#include "contract/store_contract.hpp"
#include "core/refusals.hpp"

namespace eventodb::contract {
namespace {

class NamespaceContract : public StoreContract {};
EVENTODB_FOR_EVERY_BACKEND(NamespaceContract);

TEST_P(NamespaceContract, AStoreDescribesItselfAndIsWritable) {
  const auto description = store().describe();
  // A backend may stand in the list once per durability: "sqlite_disk".
  EXPECT_TRUE(GetParam().name.starts_with(description.backend)) << description.backend;
  EXPECT_FALSE(description.durability.empty());
  EXPECT_FALSE(description.location.empty());
  EXPECT_TRUE(store().is_writable());
}

TEST_P(NamespaceContract, IsFoundAsItWasCreated) {
  EXPECT_EQ(find("one"), nullptr);
  const Timestamp before = base::wall_clock_now();
  const NewNamespace wanted{.id = "one",
                            .description = "a text \"with\" \xc3\xa9",
                            .metadata = R"({"k":1})",
                            .token_hash = hash_of_text('7')};
  const auto created = must(io_.run(store().create_namespace(wanted)));
  const Timestamp after = base::wall_clock_now();
  for (const auto& handle : {created, find("one")}) {
    ASSERT_NE(handle, nullptr);
    EXPECT_EQ(handle->id(), "one");
    EXPECT_EQ(handle->description(), "a text \"with\" \xc3\xa9");
    EXPECT_EQ(handle->token_hash(), hash_of_text('7'));
    EXPECT_GE(handle->created_at(), before);
    EXPECT_LE(handle->created_at(), after);
    EXPECT_EQ(handle->created_at(), created->created_at());
    EXPECT_FALSE(handle->is_deleted());
  }
}

TEST_P(NamespaceContract, IdsAreComparedExactly) {
  create("one");
  for (const auto* other : {"One", "one ", "on", "onee", "", "one/"}) {
    EXPECT_EQ(find(other), nullptr) << other;
  }
}

TEST_P(NamespaceContract, ATakenIdCannotBeCreatedAgain) {
  const Log log = create("one");
  must(log.append(event("a-1")));
  EXPECT_EQ(failure_of(try_create("one", "another")), ErrorCode::kNamespaceExists);
  EXPECT_EQ(find("one")->description(), "");
  EXPECT_EQ(must(log.head()).value, 1);
}

TEST_P(NamespaceContract, OfRacingCreationsOneWins) {
  const std::vector<RunningIoThread*> threads = {&io_, &second_io_, &third_io_, &fourth_io_};
  for (int round = 0; round < 10; ++round) {
    const std::string id = "race" + std::to_string(round);
    const NewNamespace wanted{
        .id = id, .description = {}, .metadata = {}, .token_hash = hash_of_text('a')};
    std::vector<std::future<Result<NamespaceHandle>>> results;
    for (auto* thread : threads) results.push_back(thread->start(store().create_namespace(wanted)));
    int created = 0;
    for (auto& future : results) {
      const auto result = future.get();
      if (result) {
        ++created;
      } else {
        EXPECT_EQ(result.error().code, ErrorCode::kNamespaceExists);
      }
    }
    EXPECT_EQ(created, 1);
    EXPECT_NE(find(id), nullptr);
  }
}

TEST_P(NamespaceContract, StrangeIdsAreIndependentNamespaces) {
  const std::vector<std::string> ids = {"a/b",
                                        "..",
                                        "../x",
                                        ".",
                                        "a?b=c&d#e",
                                        " ",
                                        "a b",
                                        "a-b",
                                        "a_b",
                                        "A-B",
                                        "\xc3\xa9",
                                        "/",
                                        "/etc/x",
                                        "con",
                                        "%2e%2e",
                                        "a%2fb",
                                        ":memory:",
                                        "default.db",
                                        "metadata",
                                        "registry",
                                        std::string(255, 'x'),
                                        std::string(254, 'x') + "y"};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Log log = create(ids[i]);
    log.append_many("s-1", i + 1);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Log log(io_, find(ids[i]));
    EXPECT_EQ(log.ns().id(), ids[i]);
    EXPECT_EQ(must(log.head()).value, static_cast<std::int64_t>(i) + 1) << ids[i];
  }
  EXPECT_EQ(list().size(), ids.size());
}

TEST_P(NamespaceContract, NamespacesShareNothing) {
  const Log one = create("one");
  const Log two = create("two");
  must(one.append({event("a-1", R"({"of":1})"), event("a-1"), event("b-1")}));
  must(two.append(event("a-1", R"({"of":2})")));
  EXPECT_EQ(must(one.version("a-1"))->value, 1);
  EXPECT_EQ(must(two.version("a-1"))->value, 0);
  EXPECT_EQ(two.read_all().messages.at(0).data, R"({"of":2})");
  EXPECT_EQ(two.read_all().global_positions(), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(must(one.categories()).size(), 2U);
  EXPECT_EQ(must(two.categories()).size(), 1U);
  EXPECT_FALSE(must(two.version("b-1")).has_value());
}

TEST_P(NamespaceContract, ListIsNewestFirstWithExactCounts) {
  EXPECT_TRUE(list().empty());
  std::vector<std::pair<std::int64_t, std::string>> expected;  // sorts newest first, then by id
  for (int i = 0; i < 12; ++i) {
    const std::string id = "ns" + std::to_string(i * 7 % 12);
    const Log log = create(id);
    if (i > 0) log.append_many("s-1", static_cast<std::size_t>(i));
    expected.emplace_back(-log.ns().created_at().us, id + "=" + std::to_string(i));
  }
  std::sort(expected.begin(), expected.end());
  std::vector<std::string> rows;
  for (const auto& row : expected) rows.push_back(row.second);
  EXPECT_EQ(list(), rows);
}

TEST_P(NamespaceContract, TheTokenHashCanBeReplaced) {
  const Log log = create("one");
  must(io_.run(store().set_token_hash("one", hash_of_text('b'))));
  EXPECT_EQ(log.ns().token_hash(), hash_of_text('b')) << "handles see the new one";
  EXPECT_EQ(find("one")->token_hash(), hash_of_text('b'));
  EXPECT_EQ(failure_of(io_.run(store().set_token_hash("none", hash_of_text('b')))),
            ErrorCode::kNamespaceNotFound);
}

TEST_P(NamespaceContract, DeletionTellsTheCountAndRemovesTheId) {
  const Log log = create("one");
  const Log other = create("two");
  log.append_many("s-1", 7);
  other.append_many("s-1", 2);
  const Timestamp before = base::wall_clock_now();
  const auto deleted = must(remove("one"));
  EXPECT_EQ(deleted.messages_deleted, 7);
  EXPECT_GE(deleted.deleted_at, before);
  EXPECT_LE(deleted.deleted_at, base::wall_clock_now());
  EXPECT_EQ(find("one"), nullptr);
  EXPECT_EQ(list(), (std::vector<std::string>{"two=2"}));
  EXPECT_EQ(failure_of(remove("one")), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(failure_of(remove("never")), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(must(other.head()).value, 2);
}

TEST_P(NamespaceContract, EveryCallOnADeletedNamespaceFails) {
  const Log log = create("one");
  must(log.append(event("a-1")));
  must(remove("one"));
  constexpr auto kGone = ErrorCode::kNamespaceNotFound;
  EXPECT_TRUE(log.ns().is_deleted());
  EXPECT_EQ(log.ns().id(), "one");
  EXPECT_EQ(failure_of(log.append(event("a-1"))), kGone);
  EXPECT_EQ(failure_of(log.version("a-1")), kGone);
  EXPECT_EQ(failure_of(log.last("a-1")), kGone);
  EXPECT_EQ(failure_of(log.info()), kGone);
  EXPECT_EQ(failure_of(log.head()), kGone);
  EXPECT_EQ(failure_of(log.streams()), kGone);
  EXPECT_EQ(failure_of(log.categories()), kGone);
  test::MessageCollector collector;
  StreamCursor stream{.stream = "a-1", .next = {0}, .remaining = -1};
  EXPECT_EQ(failure_of(log.step(stream, collector)), kGone);
  CategoryCursor category{.category = "", .next = {0}, .remaining = -1};
  EXPECT_EQ(failure_of(log.step(category, collector)), kGone);
  EXPECT_TRUE(collector.found.empty());
}

TEST_P(NamespaceContract, ADeletedIdCanBeCreatedAgainAndIsEmpty) {
  const Log old = create("one");
  NewMessage message = event("a-1");
  message.id = id_number(1);
  must(old.append(message));
  must(old.append(event("a-1")));
  must(remove("one"));
  const Log fresh = create("one");
  EXPECT_TRUE(fresh.read_all().messages.empty());
  EXPECT_EQ(must(fresh.info()).message_count, 0);
  EXPECT_FALSE(must(fresh.version("a-1")).has_value());
  message.data = R"({"n":2})";
  EXPECT_EQ(must(fresh.append(message)), (WrittenMessage{.position = {0}, .global_position = {1}}));
  EXPECT_EQ(failure_of(old.append(event("a-1"))), ErrorCode::kNamespaceNotFound)
      << "the old handle does not reach the new namespace";
}

TEST_P(NamespaceContract, WhatHasTheIdOfADeletedOneIsNotDeletedInItsPlace) {
  const Log old = create("one");
  must(remove("one"));
  const Log fresh = create("one");
  must(fresh.append(event("a-1")));
  EXPECT_EQ(failure_of(io_.run(store().delete_namespace("one", &old.ns()))),
            ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(fresh.read_all().messages.size(), 1U);
  EXPECT_EQ(must(io_.run(store().delete_namespace("one", &fresh.ns()))).messages_deleted, 1);
}

TEST_P(NamespaceContract, DeletionUnderLoadEndsEveryCallCleanly) {
  const std::vector<RunningIoThread*> threads = {&second_io_, &third_io_, &fourth_io_};
  for (int round = 0; round < 10; ++round) {
    const Log log = create("busy");
    log.append_many("a-1", 100);
    std::atomic<int> started{0};
    std::vector<std::future<std::int64_t>> workers;
    for (auto* thread : threads) {
      workers.push_back(std::async(std::launch::async, [&log, &started, thread] {
        const Log mine = log.on(*thread);
        for (std::int64_t appended = 0;; ++appended) {
          const auto result = mine.append(event("a-1"));
          if (appended == 0) ++started;
          if (!result) {
            EXPECT_EQ(result.error().code, ErrorCode::kNamespaceNotFound);
            return appended;
          }
          test::MessageCollector collector;
          CategoryCursor cursor{.category = "a", .next = {0}, .remaining = 50};
          const auto read = mine.step(cursor, collector);
          if (!read) {
            EXPECT_EQ(read.error().code, ErrorCode::kNamespaceNotFound);
          }
        }
      }));
    }
    while (started < 3) std::this_thread::yield();
    const std::int64_t deleted = must(remove("busy")).messages_deleted;
    std::int64_t appended = 100;
    for (auto& worker : workers) appended += worker.get();
    EXPECT_GE(deleted, appended) << "what was acknowledged was there to be deleted";
    EXPECT_EQ(find("busy"), nullptr);
  }
}

TEST_P(NamespaceContract, RefusalsHaveTheSameTextsEverywhere) {
  const Log log = create("one");
  NewMessage message = event("a-1");
  message.id = id_number(1);
  const auto written = must(log.append(message));
  EXPECT_EQ(log.append(event_at("a-1", 5)).error().message, version_conflict(5, 0, 0).message);
  message.type = "Other";
  EXPECT_EQ(log.append(message).error().message,
            message_id_exists(*message.id, "a-1", written).message);
  EXPECT_EQ(try_create("one").error().message, namespace_exists("one").message);
  EXPECT_EQ(remove("two").error().message, unknown_namespace("two").message);
  must(remove("one"));
  EXPECT_EQ(log.append(event("a-1")).error().message, unknown_namespace("one").message);
  EXPECT_EQ(log.info().error().message, unknown_namespace("one").message);
}

}  // namespace
}  // namespace eventodb::contract
