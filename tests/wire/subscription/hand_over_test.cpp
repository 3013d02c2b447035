// From catch-up to live under load: short subscriptions join behind the head while writers run, and
// leave once they have been told of messages that were written after they joined. Each must have
// seen exactly what the log holds between. EVENTODB_HAND_OVERS changes their number.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "eventodb/stream_name.hpp"
#include "wire/subscription/mortal_server.hpp"
#include "wire/subscription/subscription_fixture.hpp"

namespace eventodb::test {
namespace {

constexpr int kWriters = 3;
constexpr int kReaders = 8;
constexpr int kStreams = 8;  // half of them in each of two categories
constexpr int kBehindMax = 100;
constexpr int kEventsBeyond = 3;   // read after the head of the moment has been passed
constexpr int kHandOvers = 5'000;  // on each backend

std::string stream_of(std::size_t number) {
  return (number % 2 == 0 ? "a-" : "b-") + std::to_string(number);
}

struct Entry {
  std::string stream;
  std::int64_t position;
  std::int64_t global_position;
};
using Log = std::vector<Entry>;  // by global position, from 1

/// What a subscription asks for.
struct Wish {
  std::string stream;    // or
  std::string category;  // or everything
  std::int64_t from = 0;
  bool payload = false;
  std::optional<ConsumerGroup> group;

  std::string query() const {
    std::string text = !stream.empty()     ? "stream=" + stream
                       : !category.empty() ? "category=" + category
                                           : "all=true";
    if (group) text += "&size=2&consumer=" + std::to_string(group->member);
    return text + (payload ? "&payload=true" : "") + "&position=" + std::to_string(from);
  }
  bool matches(const Entry& entry) const {
    if (!stream.empty()) return entry.stream == stream && entry.position >= from;
    return entry.global_position >= from &&
           (category.empty() || category_of(entry.stream) == category) &&
           (!group || is_member(group_hash_of(entry.stream), *group));
  }
};

struct HandOver {
  Wish wish;
  std::vector<std::int64_t> seen;  // global positions
};

class WireHandOver : public SubscriptionFixture {
 protected:
  void write_until_stopped(unsigned writer) {
    std::mt19937 random(writer);
    Caller caller = connect();
    while (!stop_writing_) {
      const auto written = caller.write(stream_of(random() % kStreams));
      const std::int64_t position = as_int(written.at("globalPosition"));
      std::int64_t head = head_;
      while (head < position && !head_.compare_exchange_weak(head, position)) {
      }
    }
  }

  Wish make_wish(std::mt19937& random) const {
    Wish wish;
    wish.payload = random() % 2 == 0;
    wish.from = std::max<std::int64_t>(1, head_ - static_cast<int>(random() % kBehindMax));
    switch (random() % 4) {
      case 0:
        wish.stream = stream_of(random() % kStreams);
        wish.from = std::max<std::int64_t>(0, wish.from / kStreams - 10);
        break;
      case 1:
        wish.category = "a";
        break;
      case 2:
        wish.category = "b";
        wish.group = ConsumerGroup{static_cast<int>(random() % 2), 2};
        break;
      default:
        wish.payload = true;  // without, it does not catch up
    }
    return wish;
  }

  HandOver hand_over(Wish wish) const {
    EventSource events(port_, wish.query(), {token_, "", 0});
    HandOver result{std::move(wish), {}};
    const std::int64_t head = head_;
    for (int beyond = 0; beyond < kEventsBeyond;) {
      const auto event = events.next();
      if (!event) throw EventFormatError("ended");
      result.seen.push_back(event->global_position);
      if (event->global_position > head) ++beyond;
    }
    return result;
  }

  void read_until_done(unsigned reader, std::vector<HandOver>& results) {
    std::mt19937 random(1000 + reader);
    try {
      while (wanted_-- > 0) results.push_back(hand_over(make_wish(random)));
    } catch (const std::exception& problem) {
      ADD_FAILURE() << problem.what();
    }
  }

  Log read_log() {
    Log log;
    for (;;) {
      const auto page = own_.result(R"(["category.get","",{"batchSize":10000,"position":)" +
                                    std::to_string(log.size() + 1) + "}]");
      if (page.as_array().empty()) return log;
      for (const auto& tuple : page.as_array()) {
        log.push_back({as_string(tuple.at(1)), as_int(tuple.at(3)), as_int(tuple.at(4))});
      }
    }
  }

  /// What it should have seen begins with what it has seen, from the first to the last.
  static void expect_complete(const HandOver& hand_over, const Log& log) {
    const Wish& wish = hand_over.wish;
    std::vector<std::int64_t> expected;
    // A message's position in its stream is less than its global one, so nothing matches before.
    for (auto at = static_cast<std::size_t>(wish.from > 0 ? wish.from - 1 : 0);
         at < log.size() && expected.size() < hand_over.seen.size(); ++at) {
      if (wish.matches(log[at])) expected.push_back(log[at].global_position);
    }
    EXPECT_EQ(hand_over.seen, expected) << wish.query();
  }

  std::atomic<std::int64_t> head_{0};
  std::atomic<bool> stop_writing_{false};
  std::atomic<int> wanted_{number_from_environment("EVENTODB_HAND_OVERS", kHandOvers)};
};
INSTANTIATE_TEST_SUITE_P(Wire, WireHandOver, testing::Values(Backend::kTestMode, Backend::kSqlite),
                         backend_name);

TEST_P(WireHandOver, UnderLoadNothingIsLostOrRepeated) {
  write_many(stream_of(0), kBehindMax);
  std::vector<std::thread> writers;
  for (unsigned i = 0; i < kWriters; ++i) {
    writers.emplace_back([this, i] { write_until_stopped(i); });
  }
  std::vector<std::vector<HandOver>> results(kReaders);
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < kReaders; ++i) {
    readers.emplace_back([this, i, &results] { read_until_done(i, results[i]); });
  }
  for (auto& reader : readers) reader.join();
  stop_writing_ = true;
  for (auto& writer : writers) writer.join();
  const auto log = read_log();
  for (const auto& of_one : results) {
    for (const auto& each : of_one) expect_complete(each, log);
  }
}

}  // namespace
}  // namespace eventodb::test
