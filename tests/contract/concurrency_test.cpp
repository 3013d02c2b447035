#include <algorithm>
#include <atomic>
#include <future>
#include <map>

#include "contract/store_contract.hpp"

namespace eventodb::contract {
namespace {

class ConcurrencyContract : public StoreContract {
 protected:
  std::vector<RunningIoThread*> threads() { return {&io_, &second_io_, &third_io_, &fourth_io_}; }

  /// Runs `work(thread's log, index)` on a thread of its own for each I/O thread.
  template <class Work>
  void on_every_thread(const Log& log, const Work& work) {
    std::vector<std::future<void>> running;
    std::size_t index = 0;
    for (auto* thread : threads()) {
      running.push_back(std::async(std::launch::async,
                                   [&work, mine = log.on(*thread), index] { work(mine, index); }));
      ++index;
    }
    for (auto& one : running) one.get();
  }
};
EVENTODB_FOR_EVERY_BACKEND(ConcurrencyContract);

TEST_P(ConcurrencyContract, OfWritersWithOneExpectedVersionExactlyOneWins) {
  const Log log = create();
  must(log.append(event("a-1")));
  constexpr std::size_t kWriters = 12;
  for (std::int64_t version = 0; version < 40; ++version) {
    const NewMessage message = event_at("a-1", version);
    std::vector<WrittenMessage> written(kWriters);
    std::vector<std::future<Result<void>>> results;
    for (std::size_t i = 0; i < kWriters; ++i) {
      results.push_back(threads()[i % 4]->start(log.ns().append({&message, 1}, {&written[i], 1})));
    }
    std::size_t winners = 0;
    for (std::size_t i = 0; i < kWriters; ++i) {
      const auto result = results[i].get();
      if (result) {
        ++winners;
        EXPECT_EQ(written[i].position.value, version + 1);
        continue;
      }
      ASSERT_EQ(result.error().code, ErrorCode::kVersionConflict);
      const auto conflict = std::get<VersionConflict>(result.error().details);
      EXPECT_EQ(conflict.expected, version);
      EXPECT_EQ(conflict.actual, version + 1);
    }
    ASSERT_EQ(winners, 1U);
  }
  EXPECT_EQ(log.read_stream("a-1").messages.size(), 41U);
}

TEST_P(ConcurrencyContract, UnconditionalWritersGetConsecutivePositionsEachOnce) {
  const Log log = create();
  constexpr std::int64_t kEach = 250;
  std::vector<std::vector<WrittenMessage>> results(4);
  on_every_thread(log, [&](const Log& mine, std::size_t index) {
    for (std::int64_t i = 0; i < kEach; ++i) {
      results[index].push_back(must(mine.append(event("a-1"))));
    }
  });
  std::map<std::int64_t, std::int64_t> globals;  // by position
  for (const auto& result : results) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      globals[result[i].position.value] = result[i].global_position.value;
      if (i == 0) continue;
      EXPECT_LT(result[i - 1].position, result[i].position);
    }
  }
  ASSERT_EQ(globals.size(), 4U * kEach);
  std::int64_t expected = 0;
  for (const auto& [position, global] : globals) {
    EXPECT_EQ(position, expected);
    EXPECT_EQ(global, ++expected);
  }
}

TEST_P(ConcurrencyContract, WhatIsAcknowledgedFirstComesFirst) {
  const Log log = create();
  std::atomic<std::int64_t> newest_acknowledged{0};
  on_every_thread(log, [&](const Log& mine, std::size_t index) {
    const std::string stream = "s-" + std::to_string(index);
    for (int i = 0; i < 200; ++i) {
      const std::int64_t before = newest_acknowledged.load();
      const std::int64_t mine_at = must(mine.append(event(stream))).global_position.value;
      EXPECT_GT(mine_at, before);
      std::int64_t seen = newest_acknowledged.load();
      while (seen < mine_at && !newest_acknowledged.compare_exchange_weak(seen, mine_at)) {
      }
    }
  });
}

TEST_P(ConcurrencyContract, AReaderOfEverythingNeverMissesAMessage) {
  const Log log = create();
  constexpr std::int64_t kEach = 300;
  std::atomic<std::int64_t> seen_by_reader{0};
  auto reader = std::async(std::launch::async, [&] {
    const Log mine = log.on(fourth_io_);
    CategoryCursor cursor{.category = "", .next = {1}, .remaining = -1};
    test::MessageCollector collector(7);
    while (collector.found.size() < 3 * kEach) {
      must(mine.step(cursor, collector));
      cursor.remaining = -1;
    }
    for (std::size_t i = 0; i < collector.found.size(); ++i) {
      ASSERT_EQ(collector.found[i].global_position.value, static_cast<std::int64_t>(i) + 1);
    }
    seen_by_reader = static_cast<std::int64_t>(collector.found.size());
  });
  std::vector<std::future<void>> writers;
  for (std::size_t w = 0; w < 3; ++w) {
    writers.push_back(std::async(std::launch::async, [&, w] {
      const Log mine = log.on(*threads()[w]);
      const std::string stream = "c" + std::to_string(w) + "-1";
      for (std::int64_t i = 0; i < kEach; ++i) {
        if (i % 10 == 0) {
          must(mine.append({event(stream), event("both-1")}));
          ++i;
        } else {
          must(mine.append(event(stream)));
        }
      }
    }));
  }
  for (auto& writer : writers) writer.get();
  reader.get();
  EXPECT_EQ(seen_by_reader, 3 * kEach);
}

TEST_P(ConcurrencyContract, ABatchIsNeverSeenInPart) {
  const Log log = create();
  std::atomic<bool> stop{false};
  auto reader = std::async(std::launch::async, [&] {
    const Log mine = log.on(fourth_io_);
    while (!stop) {
      EXPECT_EQ(must(mine.head()).value % 5, 0);
      EXPECT_EQ(mine.read_all().messages.size() % 5, 0U);
    }
  });
  std::vector<std::future<void>> writers;
  for (std::size_t w = 0; w < 3; ++w) {
    writers.push_back(std::async(std::launch::async, [&, w] {
      const Log mine = log.on(*threads()[w]);
      for (int i = 0; i < 60; ++i) {
        must(mine.append(std::vector<NewMessage>(5, event("s-" + std::to_string(w)))));
      }
    }));
  }
  for (auto& writer : writers) writer.get();
  stop = true;
  reader.get();
  EXPECT_EQ(must(log.head()).value, 900);
}

TEST_P(ConcurrencyContract, ManyNamespacesAreWrittenAtOnce) {
  std::vector<Log> logs;
  for (int i = 0; i < 12; ++i) logs.push_back(create("ns" + std::to_string(i)));
  on_every_thread(logs[0], [&](const Log&, std::size_t index) {
    for (int round = 0; round < 20; ++round) {
      for (const auto& log : logs) must(log.on(*threads()[index]).append(event("a-1")));
    }
  });
  for (const auto& log : logs) EXPECT_EQ(must(log.head()).value, 80);
}

TEST_P(ConcurrencyContract, BatchesOfSeveralWritersAreNotMixed) {
  const Log log = create();
  constexpr std::size_t kBatches = 60;
  constexpr std::size_t kSize = 40;
  on_every_thread(log, [&](const Log& mine, std::size_t index) {
    const std::string data = "{\"writer\":" + std::to_string(index) + "}";
    for (std::size_t i = 0; i < kBatches; ++i) {
      std::vector<NewMessage> batch(kSize, event(i % 2 == 0 ? "a-1" : "b-1", data));
      const auto written = must(mine.append(batch));
      const auto span = static_cast<std::int64_t>(kSize) - 1;
      EXPECT_EQ(written.back().position.value, written.front().position.value + span);
      EXPECT_EQ(written.back().global_position.value, written.front().global_position.value + span);
    }
  });
  const auto found = log.read_all().messages;
  ASSERT_EQ(found.size(), 4 * kBatches * kSize);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].data, found[i - i % kSize].data) << "in the middle of a batch, at " << i;
  }
}

}  // namespace
}  // namespace eventodb::contract
