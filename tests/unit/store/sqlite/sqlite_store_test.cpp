#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "unit/store/sqlite/sqlite_fixture.hpp"

// The directory of a store: names, modes, locks, what crashes leave behind, and how many files are
// open.
namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

class SqliteStoreTest : public SqliteTest {
 protected:
  fs::path namespaces() const { return directory() / "metadata.db.namespaces"; }
  std::vector<std::string> directories() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(namespaces())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
  }
};

TEST_F(SqliteStoreTest, IdsNeverEscapeOrCollide) {
  open();
  const std::vector<std::string> ids = {"..",
                                        "../x",
                                        "/etc",
                                        ".",
                                        "a-b",
                                        "a_b",
                                        "a b",
                                        "metadata",
                                        "metadata.db",
                                        "con?fig#&",
                                        "\xc3\xa9t\xc3\xa9",
                                        std::string(200, 'n'),
                                        std::string(200, 'n') + "2",
                                        "A-B",
                                        "eventodb.lock"};
  for (const auto& id : ids) must(create(id).append(event("s-1", "{\"id\":1}")));
  for (const auto& id : ids) {
    EXPECT_EQ(find(id).ns().id(), id);
    EXPECT_EQ(must(find(id).info()).message_count, 1) << id;
  }
  const auto names = directories();
  EXPECT_EQ(names.size(), ids.size());
  for (const auto& name : names) {
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_';
    })) << name;
    EXPECT_LT(name.size(), 64U);
  }
  std::vector<std::string> outside;
  for (const auto& entry : fs::directory_iterator(directory())) {
    outside.push_back(entry.path().filename().string());
  }
  std::sort(outside.begin(), outside.end());
  EXPECT_EQ(outside, (std::vector<std::string>{"eventodb.lock", "metadata.db", "metadata.db-shm",
                                               "metadata.db-wal", "metadata.db.namespaces"}));
}

TEST_F(SqliteStoreTest, FilesAreTheOwnersAlone) {
  open();
  must(create().append(event("s-1")));
  must(find().streams());  // opens readers too
  for (const auto& entry : fs::recursive_directory_iterator(directory())) {
    struct stat status {};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST_F(SqliteStoreTest, ASecondServerIsRefusedAtOnce) {
  open();
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another"), std::string::npos);
  EXPECT_EQ(second.error().message.find('\n'), std::string::npos);
  close();
  EXPECT_TRUE(try_open());
}

TEST_F(SqliteStoreTest, TheSameRegistryByAnotherPathIsLockedToo) {
  fs::create_directories(directory() / "sub");
  wanted_.db_url = "sqlite:///sub/x.db";
  open();
  StoreOptions other = options();
  other.data_dir = (directory() / "sub").string();
  other.db_url = "sqlite://x.db";
  EXPECT_FALSE(SqliteStore::open(other));
}

TEST_F(SqliteStoreTest, TwoRegistriesInOneDirectoryShareNothing) {
  wanted_.db_url = "sqlite://a.db";
  open();
  must(create("one").append(event("s-1")));
  close();
  wanted_.db_url = "sqlite://a";  // the same stem
  open();
  EXPECT_EQ(find("one").handle(), nullptr);
  must(create("two").append(event("s-1")));
  close();
  wanted_.db_url = "sqlite://a.db";
  open();
  EXPECT_EQ(must(find("one").info()).message_count, 1);
  EXPECT_EQ(find("two").handle(), nullptr);
}

TEST_F(SqliteStoreTest, DeletionRemovesTheFiles) {
  open();
  must(create("gone").append(event("s-1")));
  must(create("kept").append(event("s-1")));
  const auto deleted = must(remove("gone"));
  EXPECT_EQ(deleted.messages_deleted, 1);
  EXPECT_EQ(directories(), (std::vector<std::string>{"2-kept"}));
  close();
  open();
  EXPECT_EQ(list(), (std::vector<std::string>{"kept=1"}));
}

TEST_F(SqliteStoreTest, ADeletedIdStartsAfresh) {
  open();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(must(create().append(event("s-1"))).global_position.value, 1);
    EXPECT_EQ(must(remove("test")).messages_deleted, 1);
  }
}

TEST_F(SqliteStoreTest, WhatACrashedDeletionLeftIsRemoved) {
  open();
  must(create("gone").append(event("s-1")));
  close();
  // As after a crash between the registry's commit and the removal of the files.
  {
    Registry registry;
    ASSERT_TRUE(registry.open((directory() / "metadata.db").string()));
    const auto rows = registry.rows();
    ASSERT_TRUE(registry.remove(rows->front()));
  }
  ASSERT_EQ(directories().size(), 1U);
  open();
  EXPECT_TRUE(directories().empty());
  EXPECT_EQ(list(), std::vector<std::string>());
  close();
  open();
}

TEST_F(SqliteStoreTest, WhatACrashedCreationLeftIsRemoved) {
  open();
  close();
  fs::create_directories(namespaces() / "1-test.new");
  open();
  EXPECT_TRUE(directories().empty());
  must(create().append(event("s-1")));
}

TEST_F(SqliteStoreTest, AnUnknownDirectoryIsLeftAlone) {
  open();
  close();
  fs::create_directories(namespaces() / "1-test");
  std::ofstream(namespaces() / "1-test" / "precious") << "events";
  open();
  must(create().append(event("s-1")));  // would have had that very name
  EXPECT_TRUE(fs::exists(namespaces() / "1-test" / "precious"));
  EXPECT_EQ(directories(), (std::vector<std::string>{"1-test", "1-test-2"}));
  close();
  open();
  EXPECT_EQ(must(find().info()).message_count, 1);
}

TEST_F(SqliteStoreTest, ManyNamespacesInFewOpenFiles) {
  wanted_.open_namespaces_max = 4;
  open();
  constexpr int kNamespaces = 40;
  std::size_t most = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kNamespaces; ++i) {
      const std::string id = "n" + std::to_string(i);
      const Log log = round == 0 ? create(id) : find(id);
      must(log.append(event("s-" + std::to_string(round))));
      EXPECT_EQ(must(log.info()).message_count, round + 1);
      EXPECT_EQ(must(log.streams()).size(), static_cast<std::size_t>(round) + 1);
      most = std::max(most, open_descriptors());
    }
  }
  // Four namespaces with at most 18 descriptors each; 40 would need ten times as many.
  EXPECT_LT(most, 150U);
  EXPECT_EQ(list().size(), static_cast<std::size_t>(kNamespaces));
}

TEST_F(SqliteStoreTest, CountsAreExactAfterACloseAndAfterAKill) {
  run_and_kill([](SqliteTest& test) {
    write_numbered(test.create("a"), 300);
    write_numbered(test.create("b"), 20'000);
    test.create("empty");
  });
  open();
  auto rows = list();
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<std::string>{"a=300", "b=20000", "empty=0"}));
  must(find("a").append(event("s-1")));
  rows = list();
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<std::string>{"a=301", "b=20000", "empty=0"}));
  close();
  open();
  EXPECT_EQ(must(remove("a")).messages_deleted, 301);
  EXPECT_EQ(must(remove("b")).messages_deleted, 20'000);
}

TEST_F(SqliteStoreTest, ADamagedNamespaceCanBeDeleted) {
  open();
  write_numbered(create(), 10);
  close();
  overwrite(log_file(), 0, "no database");
  open();
  EXPECT_EQ(must(remove("test")).messages_deleted, 10);
  EXPECT_TRUE(directories().empty());
}

TEST_F(SqliteStoreTest, TokenHashesSurvive) {
  open();
  const TokenHash other = contract::hash_of_text('b');
  create();
  test::RunningIoThread io;
  must(io.run(store().set_token_hash("test", other)));
  EXPECT_EQ(find().ns().token_hash(), other);
  close();
  open();
  EXPECT_EQ(find().ns().token_hash(), other);
}

TEST_F(SqliteStoreTest, ReadsBeginAnywhereInPackedRows) {
  open();
  {
    const Log log = create();
    for (int i = 0; i < 500; ++i) {
      must(log.append({event("a-1"), event("b-1"), event("a-1")}));
    }
  }
  close();  // indexed in rows of many messages
  open();
  const Log log = find();
  for (const std::int64_t from : {0, 1, 126, 127, 128, 129, 255, 256, 257, 640, 998, 999, 1000}) {
    const auto positions = log.read({.stream = "a-1", .next = {from}, .remaining = 3}).positions();
    std::vector<std::int64_t> expected;
    for (std::int64_t at = from; at < std::min<std::int64_t>(from + 3, 1000); ++at) {
      expected.push_back(at);
    }
    EXPECT_EQ(positions, expected) << from;
  }
  const auto all = log.read_all();
  for (const std::int64_t from : {-1, 0, 1, 2, 190, 191, 192, 193, 194, 1000, 1499, 1500, 1501}) {
    std::vector<std::int64_t> expected;
    for (const auto& message : all.messages) {
      const bool fits = message.stream == "b-1" && message.global_position.value >= from;
      if (fits && expected.size() < 3) expected.push_back(message.global_position.value);
    }
    EXPECT_EQ(log.read({.category = "b", .next = {from}, .remaining = 3}).global_positions(),
              expected)
        << from;
  }
}

TEST_F(SqliteStoreTest, SaysWhatItIs) {
  open();
  EXPECT_EQ(store().describe().backend, "sqlite");
  EXPECT_EQ(store().describe().durability, "disk");
  EXPECT_EQ(store().describe().location, (directory() / "metadata.db").string());
  close();
  wanted_.durability = Durability::kOs;
  open();
  EXPECT_EQ(store().describe().durability, "os");
}

}  // namespace
}  // namespace eventodb::store::sqlite
