// The consumers of docs/consumers.md keep the right balances while the server is killed under them
// and they are killed themselves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "eventodb/stream_name.hpp"
#include "support/json.hpp"
#include "wire/rpc/rpc_fixture.hpp"
#include "wire/subscription/mortal_server.hpp"

namespace eventodb::test {
namespace {

constexpr int kAccounts = 12;
constexpr int kWriters = 3;
constexpr int kWritesEach = 300;
constexpr int kSilenceMaxMs = 60'000;  // of a consumer that should be busy

using Balances = std::map<std::string, std::int64_t>;

/// One example program, started again after each death, with the file it keeps.
class Consumer {
 public:
  /// `group` is "" or "MEMBER SIZE" as two words.
  Consumer(std::string name, std::vector<std::string> command, std::optional<ConsumerGroup> group,
           std::uint16_t port)
      : name_(std::move(name)),
        command_(std::move(command)),
        group_(group),
        changes_(::inotify_init1(IN_CLOEXEC)) {
    command_.emplace_back("account");
    command_.push_back(directory_.path() + "/balances.json");
    if (group_) {
      command_.push_back(std::to_string(group_->member));
      command_.push_back(std::to_string(group_->size));
    }
    environment_ = {"URL=http://127.0.0.1:" + std::to_string(port), "TOKEN=" + admin_token(),
                    "PATH=" + std::string(std::getenv("PATH"))};
    ::inotify_add_watch(changes_, directory_.path().c_str(), IN_MOVED_TO);
    start();
  }
  ~Consumer() {
    kill();
    ::close(changes_);
  }
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  void kill_and_restart() {
    kill();
    start();
  }

  bool reads(const std::string& stream) const {
    return !group_ || is_member(group_hash_of(stream), *group_);
  }
  const std::string& name() const { return name_; }

  /// What the file says once its checkpoint has reached this global position.
  Balances await(std::int64_t global_position) {
    for (;;) {
      std::ifstream in(command_.at(3));
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      if (!text.empty()) {
        const auto state = parse_json(text);
        if (as_int(state.at("checkpoint")) >= global_position) return balances(state);
      }
      pollfd changed{changes_, POLLIN, 0};
      if (::poll(&changed, 1, kSilenceMaxMs) != 1) throw std::runtime_error(name_ + " is silent");
      std::array<char, 65536> ignored;
      if (::read(changes_, ignored.data(), ignored.size()) <= 0)
        throw std::runtime_error("inotify");
    }
  }

 private:
  static Balances balances(const json::value& state) {
    Balances found;
    for (const auto& [stream, cents] : state.at("balances").as_object()) {
      found[stream] = as_int(cents);
    }
    return found;
  }

  void start() {
    const auto pointers = [](const std::vector<std::string>& texts) {
      std::vector<char*> result;
      for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
      result.push_back(nullptr);
      return result;
    };
    if (::posix_spawnp(&pid_, command_.front().c_str(), nullptr, nullptr, pointers(command_).data(),
                       pointers(environment_).data()) != 0) {
      throw std::runtime_error("cannot start " + command_.front());
    }
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  std::string name_;
  std::vector<std::string> command_;
  std::vector<std::string> environment_;
  std::optional<ConsumerGroup> group_;
  TemporaryDirectory directory_;
  int changes_;
  pid_t pid_ = -1;
};

/// Deposits and withdrawals, and messages of other categories between them.
void write_share(MortalServer& server, unsigned seed, std::atomic<int>& acknowledged) {
  std::mt19937 random(seed);
  PersistentWriter persistent(server);
  for (int i = 0; i < kWritesEach; ++i) {
    const std::string stream =
        i % 5 == 0 ? "other-1" : "account-" + std::to_string(random() % kAccounts);
    persistent.write(stream, random() % 3 == 0 ? "Withdrawn" : "Deposited",
                     "{\"cents\":" + std::to_string(random() % 1000) + "}");
    ++acknowledged;
    acknowledged.notify_all();
  }
}

/// Writes over several connections; `in_the_middle` happens when half of it is acknowledged.
template <class Event>
void write_some(MortalServer& server, Event in_the_middle) {
  static std::atomic<unsigned> seed{0};
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> writers;
  for (unsigned i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] { write_share(server, ++seed, acknowledged); });
  }
  constexpr int kHalf = kWriters * kWritesEach / 2;
  for (int now = acknowledged; now < kHalf; now = acknowledged) acknowledged.wait(now);
  in_the_middle();
  for (auto& writer : writers) writer.join();
}

struct Expected {
  Balances balances;
  std::int64_t last = 0;  // global position
};

/// By the log itself.
Expected expected_of(const Consumer& consumer, const json::value& log) {
  Expected expected;
  for (const auto& tuple : log.as_array()) {
    const std::string stream = as_string(tuple.at(1));
    if (!consumer.reads(stream)) continue;
    const std::int64_t cents = as_int(tuple.at(5).at("cents"));
    expected.balances[stream] += as_string(tuple.at(2)) == "Deposited" ? cents : -cents;
    expected.last = as_int(tuple.at(4));
  }
  return expected;
}

TEST(WireConsumer, TheExamplesKeepTheirBalancesThroughDeaths) {
  const std::string examples = std::string(std::getenv("EVENTODB_SOURCE_DIR")) + "/docs/examples";
  const std::vector<std::string> node = {"node", examples + "/consumer.mjs"};
  const std::vector<std::string> python = {"python3", examples + "/consumer.py"};
  MortalServer server;
  const auto port = server.life().port;
  std::deque<Consumer> consumers;
  consumers.emplace_back("node", node, std::nullopt, port);
  consumers.emplace_back("python", python, std::nullopt, port);
  consumers.emplace_back("node, member 0", node, ConsumerGroup{0, 2}, port);
  consumers.emplace_back("python, member 1", python, ConsumerGroup{1, 2}, port);

  write_some(server, [] {});
  for (auto& each : consumers) each.await(1);
  write_some(server, [&] { server.kill_and_restart(); });
  write_some(server, [&] {
    for (auto& each : consumers) each.kill_and_restart();
  });

  Caller caller(port, admin_token());
  const auto log = caller.result(R"(["category.get","account",{"batchSize":-1}])");
  for (auto& each : consumers) {
    const Expected expected = expected_of(each, log);
    EXPECT_GT(expected.balances.size(), 1U);
    EXPECT_EQ(each.await(expected.last), expected.balances) << each.name();
  }
}

}  // namespace
}  // namespace eventodb::test
