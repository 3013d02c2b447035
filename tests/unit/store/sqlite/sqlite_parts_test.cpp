#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <latch>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "store/sqlite/row_checksum.hpp"
#include "store/sqlite/sqlite_heads.hpp"
#include "store/sqlite/sqlite_new_streams.hpp"
#include "store/sqlite/sqlite_paths.hpp"
#include "store/sqlite/sqlite_readers.hpp"
#include "store/sqlite/sqlite_threads.hpp"
#include "support/server_process.hpp"

// The small parts of the backend.
namespace eventodb::store::sqlite {
namespace {

using namespace std::chrono_literals;

// --- head cache ----------------------------------------------------------------------------------

TEST(HeadCache, KeepsWhatIsUsed) {
  HeadCache cache(4);
  for (int i = 0; i < 4; ++i) cache.insert("s" + std::to_string(i), {i + 1, i}, 1);
  for (int i = 4; i < 100; ++i) {
    ASSERT_NE(cache.find("s0"), nullptr) << i;
    cache.insert("s" + std::to_string(i), {i + 1, i}, 2 + static_cast<std::uint64_t>(i));
    EXPECT_LE(cache.size(), 4U);
  }
  EXPECT_EQ(cache.find("s0")->head.stream_id, 1);
  EXPECT_EQ(cache.find("s50"), nullptr);
}

TEST(HeadCache, ABatchKeepsItsEntriesEvenBeyondTheBound) {
  HeadCache cache(4);
  for (int i = 0; i < 4; ++i) cache.insert("before" + std::to_string(i), {i, i}, 7);
  cache.keep_from(8);
  std::vector<HeadCache::Entry*> entries;
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t batch = i % 2 == 0 ? 8 : 9;
    entries.push_back(&cache.insert("s" + std::to_string(i), {i, i}, batch));
  }
  EXPECT_EQ(cache.size(), 50U) << "nothing of batches before stays";
  for (int i = 0; i < 50; ++i) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(entries[at]->name, "s" + std::to_string(i));
    EXPECT_EQ(cache.find(entries[at]->name), entries[at]);
  }
}

TEST(HeadCache, MadeRoomIsReallyGone) {
  HeadCache cache(2);
  cache.insert("a", {1, 1}, 1);
  cache.insert("b", {2, 2}, 2);
  cache.insert("c", {3, 3}, 3);
  int found = 0;
  for (const char* name : {"a", "b", "c"}) found += cache.find(name) != nullptr;
  EXPECT_EQ(found, 2);
}

TEST(HeadCache, WhatFailedTakesNoOtherEntryAway) {
  HeadCache cache(2);
  cache.insert("a", {1, 1}, 1);
  cache.insert("b", {2, 2}, 2);
  const std::string_view too_long("", std::string().max_size() + 1);   // fails before it is read
  EXPECT_THROW(cache.insert(too_long, {3, 3}, 3), std::length_error);  // in the place of "a"
  cache.insert("a", {4, 4}, 4);                                        // in the place of "b"
  cache.insert("c", {5, 5}, 5);                                        // where "a" was first
  ASSERT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(cache.find("a")->head.stream_id, 4);
}

// --- slots ---------------------------------------------------------------------------------------

TEST(Slots, AreAsManyAsWereMadeAndComeBack) {
  Slots slots(2);
  auto first = slots.take();
  auto second = slots.take();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(slots.take());
  first = {};
  first = slots.take();
  EXPECT_TRUE(first);
  EXPECT_FALSE(slots.take());
}

// --- new streams ---------------------------------------------------------------------------------

TEST(NewStreams, CountsPerCategory) {
  NewStreams streams;
  for (const char* name : {"a-1", "a-2", "b", "b-1", "a-1"}) streams.add(name);
  EXPECT_EQ(streams.names().size(), 4U);
  EXPECT_EQ(streams.per_category().at("a"), 2);
  EXPECT_EQ(streams.per_category().at("b"), 2);
  streams.erase("b");
  streams.erase("b");
  streams.erase("b-1");
  streams.erase("unknown-1");
  EXPECT_EQ(streams.per_category().count("b"), 0U);
  EXPECT_EQ(*streams.names().begin(), "a-1");
}

// --- checksum ------------------------------------------------------------------------------------

MessageView sample() {
  return {.stream = "a-1",
          .type = "T",
          .data = "{}",
          .metadata = "",
          .position = {1},
          .global_position = {2},
          .id = {},
          .time = {3}};
}

TEST(RowChecksum, NeverChanges) {
  // Stored in every row: another value would make every existing store unreadable.
  const std::uint64_t seed = checksum_seed("0123456789abcdef");
  EXPECT_EQ(row_checksum(sample(), 7, seed), -7124612292036778846);
  MessageView large = sample();
  const std::string data(1000, 'x');
  large.data = data;
  EXPECT_EQ(row_checksum(large, 7, seed), 5062592057604503800);
}

TEST(RowChecksum, DependsOnEverything) {
  const std::uint64_t seed = checksum_seed("0123456789abcdef");
  std::set<std::int64_t> sums = {row_checksum(sample(), 7, seed), row_checksum(sample(), 8, seed),
                                 row_checksum(sample(), 7, checksum_seed("0123456789abcdeg"))};
  const auto add = [&](auto change) {
    MessageView message = sample();
    change(message);
    EXPECT_TRUE(sums.insert(row_checksum(message, 7, seed)).second) << sums.size();
  };
  add([](MessageView& m) { m.stream = "a-2"; });
  add([](MessageView& m) { m.type = "U"; });
  add([](MessageView& m) { m.data = "{ }"; });
  add([](MessageView& m) { m.metadata = "{}"; });
  add([](MessageView& m) {
    m.data = "";
    m.metadata = "{}";
  });
  add([](MessageView& m) { m.position = {4}; });
  add([](MessageView& m) { m.global_position = {4}; });
  add([](MessageView& m) { m.id.bytes[15] = 1; });
  add([](MessageView& m) { m.time = {4}; });
  std::string text(64, 'a');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = 'b';
    add([&](MessageView& m) { m.data = text; });
    text[i] = 'a';
  }
}

// --- paths ---------------------------------------------------------------------------------------

TEST(Paths, DatabaseUrls) {
  const auto registry = [](std::string_view url) {
    return locate_store(url, "/base/data").value().registry;
  };
  EXPECT_EQ(registry(""), "/base/data/metadata.db");
  EXPECT_EQ(registry("sqlite://"), "/base/data/metadata.db");
  EXPECT_EQ(registry("sqlite://name.db"), "/base/data/name.db");
  EXPECT_EQ(registry("sqlite:///abs/name.db"), "/base/data/abs/name.db");
  EXPECT_EQ(registry("sqlite:////abs//name.db"), "/base/data/abs/name.db");
  EXPECT_EQ(registry("sqlite://:memory:"), "/base/data/:memory:");
  EXPECT_EQ(registry("sqlite://./name.db"), "/base/data/name.db");
  EXPECT_EQ(locate_store("sqlite://a.db", "/d").value().namespaces, "/d/a.db.namespaces");
  EXPECT_TRUE(locate_store("sqlite://x", "").value().data_dir.ends_with("/data"));
  EXPECT_EQ(locate_store("", "/base/data/").value().data_dir, "/base/data");
  EXPECT_EQ(locate_store("", "/base/./x/../data//").value().data_dir, "/base/data");
}

TEST(Paths, NothingLeavesTheDataDirectory) {
  for (const char* url : {"sqlite://../x.db", "sqlite:///a/../../x.db", "sqlite://a/..",
                          "sqlite://..", "sqlite://.", "sqlite://a/", "sqlite:///../etc/x"}) {
    EXPECT_FALSE(locate_store(url, "/base/data")) << url;
  }
  EXPECT_FALSE(locate_store(std::string_view("sqlite://a\0b", 12), "/base"));
}

TEST(Paths, DirectoryNames) {
  EXPECT_EQ(directory_name(7, "default"), "7-default");
  EXPECT_EQ(directory_name(8, "../../etc/passwd"), "8-______etc_passwd");
  EXPECT_EQ(directory_name(9, ""), "9-");
  EXPECT_EQ(directory_name(1, std::string(300, 'a')), "1-" + std::string(40, 'a'));
}

TEST(Paths, DirectoriesArePrivateAndParentsAreMade) {
  const test::TemporaryDirectory temporary;
  const std::string path = temporary.path() + "/a/b/c";
  ASSERT_TRUE(make_directories(path));
  ASSERT_TRUE(make_directories(path)) << "there already is fine";
  EXPECT_TRUE(*make_file(path + "/f"));
  EXPECT_FALSE(*make_file(path + "/f"));
  EXPECT_FALSE(make_directories(path + "/f")) << "a file is no directory";
  EXPECT_FALSE(make_directories(path + "/f/g"));
}

// --- threads -------------------------------------------------------------------------------------

class CountingJob final : public Job {
 public:
  explicit CountingJob(std::atomic<int>& count) : count_(count) {}
  void run() noexcept override { ++count_; }

 private:
  std::atomic<int>& count_;
};

TEST(WorkerPool, RunsEverythingBeforeItStops) {
  std::atomic<int> count = 0;
  std::deque<CountingJob> jobs;
  WorkerPool pool("test", 3);
  for (int i = 0; i < 1000; ++i) pool.push(jobs.emplace_back(count));
  pool.stop();
  EXPECT_EQ(count, 1000);
}

class SignalJob final : public DelayedJob {
 public:
  void run() noexcept override {
    ++runs;
    started.count_down();
    go_on.wait();
  }
  std::atomic<int> runs = 0;
  std::latch started{1};
  std::latch go_on{1};
};

TEST(IndexPool, UrgentOvertakesDelayed) {
  IndexPool pool(1, 1h);
  SignalJob delayed;
  SignalJob urgent;
  pool.push_later(delayed);
  pool.push_later(delayed);
  pool.push_now(urgent);
  urgent.started.wait();
  urgent.go_on.count_down();
  pool.push_now(delayed);  // need not wait for its hour any more
  delayed.started.wait();
  delayed.go_on.count_down();
  pool.stop();
  EXPECT_EQ(delayed.runs, 1);
  EXPECT_EQ(urgent.runs, 1);
}

TEST(IndexPool, DelayedJobsRunByThemselves) {
  IndexPool pool(1, 1ms);
  SignalJob job;
  job.go_on.count_down();
  pool.push_later(job);
  job.started.wait();
}

TEST(IndexPool, CancelForgetsWhatWaitsAndAwaitsWhatRuns) {
  IndexPool pool(1, 1h);
  SignalJob running;
  SignalJob waiting;
  pool.push_now(running);
  running.started.wait();
  pool.push_now(waiting);
  pool.cancel(waiting);
  std::atomic<bool> is_cancelled = false;
  std::thread canceller([&] {
    pool.cancel(running);
    is_cancelled = true;
  });
  EXPECT_FALSE(is_cancelled);
  running.go_on.count_down();
  canceller.join();
  EXPECT_EQ(running.runs, 1);
  EXPECT_EQ(waiting.runs, 0);
}

}  // namespace
}  // namespace eventodb::store::sqlite
