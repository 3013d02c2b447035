#include <filesystem>
#include <map>

#include "unit/store/sqlite/sqlite_fixture.hpp"

namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

class SqliteReindex : public SqliteTest {
 protected:
  struct Told {
    std::int64_t calls = 0;
    std::int64_t indexed = 0;
    std::int64_t total = 0;
  };
  Result<std::int64_t> run(std::string_view id = "") {
    told_.clear();
    return reindex(options(), id,
                   [this](std::string_view ns, std::int64_t indexed, std::int64_t total) {
                     Told& told = told_[std::string(ns)];
                     ++told.calls;
                     EXPECT_GE(indexed, told.indexed);
                     EXPECT_LE(indexed, total);
                     told.indexed = indexed;
                     told.total = total;
                   });
  }
  void make_two(int count = 500) {
    open();
    write_numbered(create("a"), 500);
    write_numbered(create("b"), count);
    close();
  }

  std::map<std::string, Told> told_;
};

TEST_F(SqliteReindex, RebuildsEveryNamespaceWithProgress) {
  constexpr int kMany = 70'000;  // more than is indexed in one go
  make_two(kMany);
  fs::remove(index_file("a"));
  overwrite(index_file("b"), 30'000, std::string(100, 'x'));
  ASSERT_EQ(must(run()), 2);
  EXPECT_EQ(told_.at("a").total, 500);
  EXPECT_EQ(told_.at("a").indexed, 500);
  EXPECT_EQ(told_.at("b").total, kMany);
  EXPECT_EQ(told_.at("b").indexed, kMany);
  EXPECT_GT(told_.at("b").calls, 1) << "a large one tells how far it is";
  open();
  expect_numbered(find("a"), 500);
  EXPECT_EQ(find("b").read_all().messages.size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(find("b").read_stream("c0-0").messages.size(), 323U);
  EXPECT_EQ(must(find("b").info()).message_count, kMany);
}

TEST_F(SqliteReindex, RebuildsOneAlone) {
  make_two();
  const std::string before = contents(index_file("b"));
  ASSERT_EQ(must(run("a")), 1);
  EXPECT_EQ(told_.count("b"), 0U);
  EXPECT_EQ(contents(index_file("b")), before);
}

TEST_F(SqliteReindex, AnUnknownNamespaceIsAnError) {
  make_two();
  EXPECT_EQ(failure_of(run("c")), ErrorCode::kNamespaceNotFound);
}

TEST_F(SqliteReindex, NotBelowARunningServer) {
  make_two();
  open();
  EXPECT_EQ(failure_of(run()), ErrorCode::kBackendError);
}

}  // namespace
}  // namespace eventodb::store::sqlite
