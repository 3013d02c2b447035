#include <sqlite3.h>

#include "store/sqlite/sqlite_namespace.hpp"
#include "store/sqlite/sqlite_read_task.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// A member's streams are looked for in several turns on a reader thread; the index may become
// another one in between.
namespace eventodb::store::sqlite {
namespace {

/// One look at memory and, when that is not enough, one turn at the files. Whether it is answered.
Awaitable<bool> take_turn(ReadTask& task) {
  if (task.look() != ReadTask::Look::kNeedsFiles) co_return true;
  co_await task.suspend([&task] { task.run(); });
  co_return task.is_answered();
}

/// Whether messages are in the index already: one that is rebuilt starts with none.
Awaitable<bool> has_indexed(SqliteNamespace& ns) {
  test::MessageCollector ignored;
  CategoryCursor first{.category = "a", .next = {0}, .remaining = 1};
  CategoryRead read(ns, first, ignored);
  if (read.look() != ReadTask::Look::kNeedsFiles) co_return false;
  co_await read.suspend([&read] { read.run(); });
  co_return true;
}

class SqliteGroup : public SqliteTest {
 protected:
  static constexpr int kStreams = 3000;  // more than one turn looks at

  /// One message in each stream, all of them in the index.
  void make_indexed() {
    open();
    {
      const Log log = create();
      std::vector<std::string> names;
      for (int n = 1; n <= kStreams; ++n) names.push_back("a-" + std::to_string(n));
      std::vector<NewMessage> batch;
      for (const auto& name : names) batch.push_back(event(name));
      must(log.append(batch));
    }
    close();
    open();
  }

  /// The first streams lose their place in groups, the last one claims a message it does not have.
  void damage_index() const {
    sqlite3* index = nullptr;
    ASSERT_EQ(sqlite3_open(index_file().c_str(), &index), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(index,
                           "UPDATE streams SET group_hash=NULL WHERE stream_id<=100;"
                           "UPDATE streams SET version=version+1 WHERE stream_id=3000",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_changes(index), 1);
    ASSERT_EQ(sqlite3_close(index), SQLITE_OK);
  }

  test::RunningIoThread io_;
};

TEST_F(SqliteGroup, AMergeForgetsWhatItFoundInAnIndexThatWasRebuiltMeanwhile) {
  make_indexed();
  const Log log = find();
  ASSERT_EQ(must(log.head()).value, kStreams);  // opens the namespace
  damage_index();

  test::MessageCollector all;
  CategoryCursor cursor{
      .category = "a", .next = {0}, .remaining = -1, .group = ConsumerGroup{0, 1}};
  cursor.passed_over = kStreams * 100;  // enough for the streams to be looked at
  auto& ns = dynamic_cast<SqliteNamespace&>(log.ns());
  CategoryRead merging(ns, cursor, all);
  ASSERT_FALSE(io_.run(take_turn(merging)));
  ASSERT_TRUE(all.found.empty()) << "the streams are still being looked for";

  // Another reader notices the damage, and has the right answer from the index that is rebuilt.
  ASSERT_EQ(log.read_stream("a-3000").messages.size(), 1U);
  while (!io_.run(has_indexed(ns))) std::this_thread::yield();
  while (!io_.run(take_turn(merging))) ASSERT_FALSE(merging.failure());
  while (must(log.step(cursor, all)) == ReadState::kMore) {
  }
  ASSERT_EQ(all.found.size(), static_cast<std::size_t>(kStreams));
  EXPECT_EQ(all.found, log.read_all().messages);
}

}  // namespace
}  // namespace eventodb::store::sqlite
