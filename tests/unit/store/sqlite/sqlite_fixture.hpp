#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/store_contract.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "support/run_awaitable.hpp"
#include "support/server_process.hpp"

namespace eventodb::store::sqlite {

using contract::event;
using contract::failure_of;
using contract::Log;
using contract::must;

/// The store in a directory of its own, opened and closed at will.
class SqliteTest : public ::testing::Test {
 public:
  ~SqliteTest() override;

  std::filesystem::path directory() const { return directory_.path(); }
  StoreOptions options() const;

  Result<std::unique_ptr<Store>> try_open();
  void open();
  void close();
  Store& store() { return *store_; }

  Log create(std::string_view id = "test");
  Log find(std::string_view id = "test");
  Result<DeletedNamespace> remove(std::string_view id);
  std::vector<std::string> list();
  /// The directory of a namespace, found by the end of its name.
  std::filesystem::path files(std::string_view id = "test") const;
  std::filesystem::path log_file(std::string_view id = "test") const {
    return files(id) / "log.db";
  }
  std::filesystem::path index_file(std::string_view id = "test") const {
    return files(id) / "index.db";
  }

 protected:
  /// Runs `work` in a child process on a store of its own, then kills the child as `kill -9` does.
  /// REQUIRES: this process has no store open.
  void run_and_kill(const std::function<void(SqliteTest&)>& work);

  StoreOptions wanted_{.db_url = "", .data_dir = "", .durability = Durability::kDisk};

 private:
  test::TemporaryDirectory directory_;
  std::unique_ptr<test::RunningIoThread> io_;
  std::unique_ptr<Store> store_;
};

/// A varied log: `count` messages over streams, categories, types, ids and correlations that
/// follow from each message's number, so that any reader knows what to find.
void write_numbered(const Log& log, int count, int first = 0);
/// Checks every way to read the log that write_numbered() made, and that it goes on.
void expect_numbered(const Log& log, int count);

void overwrite(const std::filesystem::path& file, std::size_t at, std::string_view bytes);
std::string contents(const std::filesystem::path& file);

}  // namespace eventodb::store::sqlite
