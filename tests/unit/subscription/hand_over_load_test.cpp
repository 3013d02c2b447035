#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/spawn.hpp"
#include "eventodb/stream_name.hpp"
#include "support/run_awaitable.hpp"
#include "unit/subscription/world.hpp"

// Subscriptions catch up and go live while two threads write; each must have seen exactly
// what the log holds from its start to its last event.

namespace eventodb::subscription {
namespace {

constexpr int kHandOvers = 20'000;  // 10,000 go through sockets (tests/wire/subscription)
constexpr int kSubscribers = 50;    // at a time
constexpr int kWriters = 2;
constexpr int kStreams = 8;  // of each of two categories
constexpr int kLiveEvents = 3;
/// Writers wait when they are this far ahead of the observer, so that memory stays bounded.
/// Few, because what is dropped at a hand-over is what comes while the log is near its end.
constexpr std::int64_t kAheadMax = 4;

/// A feed that rests is behind its subscribers; here it is to overtake them.
class NoRest final : public Pace {
  void rest(RestTimer&, std::chrono::nanoseconds, base::WakeUp& rested) override {
    rested.notify();
  }
};

struct Entry {
  std::string stream;
  std::int64_t position;
};

/// What one hand-over asks for.
struct Wish {
  std::string query;
  Kind kind;
  std::string name;
  std::int64_t from;  // as position means for the kind
  std::optional<ConsumerGroup> group;

  bool matches(std::int64_t global_position, const Entry& entry) const {
    if (kind == Kind::kStream) return entry.stream == name && entry.position >= from;
    if (global_position < from) return false;
    if (kind == Kind::kAll) return true;
    return category_of(entry.stream) == name &&
           (!group || is_member(group_hash_of(entry.stream), *group));
  }
};

class HandOverLoad : public testing::TestWithParam<bool> {
 protected:
  void run() {
    if (GetParam()) {
      shared.ns->detour = [this] { return take_a_detour(); };
    }
    std::vector<std::future<void>> writers;
    for (int i = 0; i < kWriters; ++i) writers.push_back(threads_[i].start(write(i)));
    shared.run([this](World&) -> Awaitable<void> {
      base::spawn(shared.io.context(), observe(), expect_none);
      for (int i = 0; i < kSubscribers; ++i) {
        base::spawn(shared.io.context(), hand_over_again_and_again(), expect_none);
      }
      co_return;
    });
    for (auto& writer : writers) writer.get();
  }

  NoRest pace_;
  World shared{pace_};
  std::vector<Entry> log_;  // index 0 is global position 1; filled by the observer
  int done_ = 0;

 private:
  static void expect_none(const std::exception_ptr& exception) { EXPECT_FALSE(exception); }

  Awaitable<void> take_a_detour() {
    for (auto turns = random_() % 8; turns != 0; --turns) {
      co_await base::next_turn();
    }
  }

  Awaitable<void> write(int writer) {
    std::mt19937 random(static_cast<unsigned>(writer));
    while (!stop_writing_) {
      if (written_ - observed_ > kAheadMax) {
        co_await may_write_[writer].wait();
        continue;
      }
      const auto stream = random() % (2 * kStreams);
      co_await shared.write((stream < kStreams ? "a-" : "b-") + std::to_string(stream));
      ++written_;
    }
  }

  /// Follows the whole log from the beginning; proves that it is delivered in order.
  Awaitable<void> observe() {
    observer_ = co_await subscribe(shared, "all=true&payload=true");
    while (const auto event = co_await observer_->next()) {
      log_.push_back({event->stream, event->position});
      EXPECT_EQ(event->global_position, static_cast<std::int64_t>(log_.size()));
      observed_ = event->global_position;
      for (auto& each : may_write_) each.notify();
    }
    observer_.reset();
  }

  void stop() {
    observer_->subscription.end();
    stop_writing_ = true;
    for (auto& each : may_write_) each.notify();
  }

  Wish make_wish() {
    const auto head = static_cast<std::int64_t>(log_.size());
    const std::int64_t from = std::max<std::int64_t>(1, head - static_cast<int>(random_() % 40));
    const std::string at = "&position=" + std::to_string(from);
    const std::string payload = random_() % 2 == 0 ? "&payload=true" : "";
    switch (random_() % 4) {
      case 0: {
        const auto stream = random_() % (2 * kStreams);
        const std::string name = (stream < kStreams ? "a-" : "b-") + std::to_string(stream);
        const std::int64_t position = std::max<std::int64_t>(0, head / (2 * kStreams) - 3);
        return {"stream=" + name + payload + "&position=" + std::to_string(position), Kind::kStream,
                name, position, std::nullopt};
      }
      case 1:
        return {"category=b" + payload + at, Kind::kCategory, "b", from, std::nullopt};
      case 2:
        return {"category=a&size=3&consumer=1" + payload + at, Kind::kCategory, "a", from,
                ConsumerGroup{1, 3}};
      default:
        return {"all=true&payload=true" + at, Kind::kAll, "", from, std::nullopt};
    }
  }

  Awaitable<void> hand_over_again_and_again() {
    while (done_ < kHandOvers) {
      const Wish wish = make_wish();
      std::vector<test::Event> seen;
      {
        const auto subscriber = co_await subscribe(shared, wish.query);
        for (int live = 0; live < kLiveEvents;) {
          const auto event = co_await subscriber->next();
          seen.push_back(*event);
          if (subscriber->subscription.is_live()) ++live;
        }
      }
      while (static_cast<std::int64_t>(log_.size()) < seen.back().global_position) {
        co_await base::next_turn();
      }
      check(wish, seen);
      ++done_;
    }
    if (--active_ == 0) stop();
  }

  void check(const Wish& wish, const std::vector<test::Event>& seen) const {
    std::size_t next = 0;
    for (std::int64_t at = 1; at <= seen.back().global_position; ++at) {
      const Entry& entry = log_[static_cast<std::size_t>(at - 1)];
      if (!wish.matches(at, entry)) continue;
      if (next == seen.size() || seen[next].global_position != at ||
          seen[next].stream != entry.stream || seen[next].position != entry.position) {
        ADD_FAILURE() << wish.query << ": expected " << at << " as event " << next << " of "
                      << seen.size();
        return;
      }
      ++next;
    }
    EXPECT_EQ(next, seen.size()) << wish.query;
  }

  std::mt19937 random_{7};
  int active_ = kSubscribers;
  std::unique_ptr<Subscriber> observer_;
  std::atomic<std::int64_t> written_{0};
  std::atomic<std::int64_t> observed_{0};
  std::atomic<bool> stop_writing_{false};
  base::WakeUp may_write_[kWriters];
  test::RunningIoThread threads_[kWriters];
};

INSTANTIATE_TEST_SUITE_P(Reads, HandOverLoad, testing::Bool(),
                         [](const auto& reads) { return reads.param ? "Suspend" : "Immediate"; });

TEST_P(HandOverLoad, NothingIsLostOrRepeated) {
  run();
  EXPECT_GE(done_, kHandOvers);
}

}  // namespace
}  // namespace eventodb::subscription
