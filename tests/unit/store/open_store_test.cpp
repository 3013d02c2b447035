#include "store/open_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/server_process.hpp"

namespace eventodb::store {
namespace {

namespace fs = std::filesystem;

class OpenStore : public ::testing::Test {
 protected:
  Config config(std::string url, bool test_mode = false) const {
    Config config;
    config.db_url = std::move(url);
    config.data_dir = directory_.path();
    config.test_mode = test_mode;
    return config;
  }
  /// "backend file" of what was opened; "error: text" when nothing was.
  std::string opened(const std::string& url, bool test_mode = false) const {
    auto store = open_store(config(url, test_mode));
    if (!store) return "error: " + store.error().message;
    const auto description = (*store)->describe();
    (*store)->close();
    const auto below = fs::path(description.location).lexically_relative(directory_.path());
    return description.backend == "memory" ? "memory" : description.backend + " " + below.string();
  }

  test::TemporaryDirectory directory_;
};

TEST_F(OpenStore, SqliteForms) {
  EXPECT_EQ(opened(""), "sqlite metadata.db");
  EXPECT_EQ(opened("sqlite://"), "sqlite metadata.db");
  EXPECT_EQ(opened("sqlite://name.db"), "sqlite name.db");
  EXPECT_EQ(opened("sqlite:///abs/dir/name.db"), "sqlite abs/dir/name.db");
  EXPECT_EQ(opened("sqlite://:memory:"), "sqlite :memory:");
  EXPECT_TRUE(fs::exists(fs::path(directory_.path()) / ":memory:")) << "a file of that name";
}

TEST_F(OpenStore, TestModeIsMemoryUnlessAnotherStoreIsNamed) {
  EXPECT_EQ(opened("", true), "memory");
  EXPECT_EQ(opened("pebble://memory", true), "memory");
  EXPECT_EQ(opened("pebble:///some/dir", true), "memory");
  EXPECT_EQ(opened("sqlite://", true), "sqlite metadata.db");
}

TEST_F(OpenStore, WhatIsNotThereSaysSo) {
  EXPECT_NE(opened("postgres://host/db").find("not built yet"), std::string::npos);
  EXPECT_NE(opened("postgresql://host/db", true).find("not built yet"), std::string::npos);
  EXPECT_NE(opened("pebble://dir").find("test mode only"), std::string::npos);
  EXPECT_NE(opened("mysql://x").find("unknown database scheme: mysql"), std::string::npos);
  EXPECT_NE(opened("name.db").find("has no scheme"), std::string::npos);
  EXPECT_NE(opened("sqlite://../x.db").find("below the data directory"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(directory_.path())) << "nothing was made on the way";
}

TEST_F(OpenStore, ADirectoryThatCannotBeMadeIsNamed) {
  Config wrong = config("");
  wrong.data_dir = directory_.path() + "/file/data";
  ASSERT_TRUE(open_store(config("sqlite://file")).has_value());
  const auto store = open_store(wrong);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find(directory_.path() + "/file"), std::string::npos);
}

TEST_F(OpenStore, ReindexNeedsAStoreOnDisk) {
  const auto ignore = [](const ReindexProgress&) {};
  EXPECT_FALSE(reindex_store(config("", true), "", ignore));
  const auto missing = reindex_store(config(""), "", ignore);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("metadata.db"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

}  // namespace
}  // namespace eventodb::store
