#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/sqlite/sqlite_schema.hpp"
#include "unit/store/sqlite/sqlite_fixture.hpp"

// Stores of every schema version that was ever released are opened by the present program. The
// fixtures are SQL text: one script per file of the store. Those of a new version are made before
// it is released:
//   export EVENTODB_FIXTURE_STORE=/tmp/fixture GTEST_ALSO_RUN_DISABLED_TESTS=1
//   unit_store_sqlite_test --gtest_filter=SqliteMigration.DISABLED_MakeAFixture
//   tests/unit/store/sqlite/fixtures/dump.py /tmp/fixture tests/unit/store/sqlite/fixtures/vN
namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

class SqliteMigration : public SqliteTest {
 protected:
  static fs::path fixtures() {
    return fs::path(std::getenv("EVENTODB_SOURCE_DIR")) / "tests/unit/store/sqlite/fixtures";
  }
  static void build(const fs::path& database, const fs::path& script) {
    fs::create_directories(database.parent_path());
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(database.c_str(), &handle), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, contents(script).c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << script << ": " << (error != nullptr ? error : "");
    ASSERT_EQ(sqlite3_close(handle), SQLITE_OK);
  }
  void build_store(const std::string& version) {
    const fs::path scripts = fixtures() / version;
    build(directory() / "metadata.db", scripts / "metadata.sql");
    const fs::path ns = directory() / "metadata.db.namespaces" / "1-test";
    build(ns / "log.db", scripts / "log.sql");
    build(ns / "index.db", scripts / "index.sql");
  }
  void set_version(const fs::path& database, int version) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(database.c_str(), &handle), SQLITE_OK);
    const std::string sql = "PRAGMA user_version=" + std::to_string(version);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }
};

TEST_F(SqliteMigration, DISABLED_MakeAFixture) {
  const fs::path to = std::getenv("EVENTODB_FIXTURE_STORE");
  open();
  test::RunningIoThread io;
  const auto hash = contract::hash_of_text('a');
  const NewNamespace wanted{
      .id = "test", .description = "a fixture", .metadata = "", .token_hash = hash};
  const Log log(io, must(io.run(store().create_namespace(wanted))));
  write_numbered(log, 60);
  close();
  fs::copy(directory(), to, fs::copy_options::recursive);
}

TEST_F(SqliteMigration, AStoreOfVersion1) {
  build_store("v1");
  open();
  EXPECT_EQ(list(), (std::vector<std::string>{"test=60"}));
  EXPECT_EQ(find().ns().description(), "a fixture");
  EXPECT_GT(find().ns().created_at(), Timestamp{0});
  EXPECT_EQ(find().ns().token_hash(), contract::hash_of_text('a'));
  expect_numbered(find(), 60);
  write_numbered(find(), 40, 60);
  close();
  open();
  expect_numbered(find(), 100);
}

TEST_F(SqliteMigration, ItsIndexIsTakenOverOrRebuilt) {
  build_store("v1");
  fs::remove(index_file());
  open();
  expect_numbered(find(), 60);
}

TEST_F(SqliteMigration, ANewerRegistryIsRefusedByName) {
  build_store("v1");
  set_version(directory() / "metadata.db", kRegistryVersion + 1);
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("metadata.db: has schema version"), std::string::npos);
}

TEST_F(SqliteMigration, ANewerLogIsRefusedAndLeftAlone) {
  build_store("v1");
  set_version(log_file(), kLogVersion + 1);
  const std::string before = contents(log_file());
  open();
  EXPECT_EQ(failure_of(find().append(event("a-1"))), ErrorCode::kBackendError);
  close();
  EXPECT_EQ(contents(log_file()), before);
}

}  // namespace
}  // namespace eventodb::store::sqlite
