#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "base/uuid.hpp"
#include "crash/ledger.hpp"
#include "support/http_client.hpp"
#include "support/json.hpp"
#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

namespace fs = std::filesystem;

constexpr int kWriters = 6;
constexpr int kStreams = 9;
constexpr int kCyclesBetweenFullChecks = 10;

int cycles_wanted() {
  const char* wanted = std::getenv("EVENTODB_CRASH_CYCLES");
  return wanted != nullptr ? std::atoi(wanted) : 200;
}

/// Mostly small, now and then large enough that a commit spans many pages.
std::string make_data(std::int64_t number, std::uint64_t choice) {
  const std::size_t padding = choice % 16 == 0 ? 20'000 : choice % 100;
  return "{\"n\":" + std::to_string(number) + ",\"pad\":\"" + std::string(padding, 'x') + "\"}";
}

std::string new_uuid() {
  std::string text(base::kUuidTextBytes, ' ');
  base::format_uuid(base::make_uuid_v7(), text.data());
  return text;
}

/// Tells the killer when enough was acknowledged; no clock is involved.
class AckCounter {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void wait_for(int wanted) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= wanted; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

/// One client that writes until the server is gone: with and without ids, with and without an
/// expected version that may be stale, alone and in batches, and again what earlier got no answer.
class Writer {
 public:
  Writer(Ledger& ledger, AckCounter& acks, const ServerProcess& server, std::string token,
         std::uint64_t seed)
      : ledger_(ledger),
        acks_(acks),
        client_(server.port()),
        token_(std::move(token)),
        random_(seed) {}

  void run() {
    try {
      for (;;) {
        switch (random_() % 8) {
          case 0:
            retry_one();
            break;
          case 1:
            write_batch();
            break;
          default:
            write_one();
        }
      }
    } catch (const HttpClientError&) {
      // The server is gone, as it should be.
    }
  }

 private:
  void write_one() {
    const std::uint64_t choice = random_();
    const std::string stream = "account-" + std::to_string(choice % kStreams);
    const std::string id = choice & 0x100 ? new_uuid() : std::string();
    const auto call = ledger_.begin(
        stream, id, [&](std::int64_t number) { return make_data(number, choice >> 16); });
    json::object options;
    if (!id.empty()) options["id"] = id;
    if (choice & 0x200) options["expectedVersion"] = known_version_[choice % kStreams];
    const HttpResponse answer = client_.rpc(request_text(call, options), token_);
    if (answer.status == 409) {
      const auto details = parse_json(answer.body).at("error").at("details");
      known_version_[choice % kStreams] = as_int(details.at("actual"));
      ledger_.refuse(call.number);
      return;
    }
    note(call, answer);
    known_version_[choice % kStreams] = as_int(parse_json(answer.body).at("position"));
  }

  /// Up to forty messages, over two streams that may be the same one.
  void write_batch() {
    const std::uint64_t choice = random_();
    const auto batch = ledger_.new_batch();
    std::vector<std::vector<LedgerCall>> calls(2);
    std::string body;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string stream = "account-" + std::to_string((choice >> 8 * i) % kStreams);
      body += i == 0 ? "[\"streams.append\",[" : ",";
      body += "{\"stream\":\"" + stream + "\",\"messages\":[";
      for (std::uint64_t n = 0; n <= (choice >> (16 + 8 * i)) % 20; ++n) {
        calls[i].push_back(ledger_.begin(
            stream, "", [&](std::int64_t number) { return make_data(number, choice >> n); },
            batch));
        if (n != 0) body += ',';
        body += R"({"type":"Written","data":)" + calls[i].back().data + "}";
      }
      body += "]}";
    }
    const HttpResponse answer = client_.rpc(body + "]]", token_);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto ranges = parse_json(answer.body);
    for (std::size_t i = 0; i < 2; ++i) {
      std::int64_t position = as_int(ranges.at(i).at("firstPosition"));
      std::int64_t global = as_int(ranges.at(i).at("firstGlobalPosition"));
      for (const auto& call : calls[i]) ledger_.acknowledge(call.number, position++, global++);
      EXPECT_EQ(as_int(ranges.at(i).at("lastPosition")), position - 1);
      EXPECT_EQ(as_int(ranges.at(i).at("lastGlobalPosition")), global - 1);
    }
    acks_.add();
  }

  /// I9: whatever became of the first attempt, the answer is where the one message stands.
  void retry_one() {
    const auto call = ledger_.any_unknown_with_id(random_());
    if (!call) return;
    note(*call, client_.rpc(request_text(*call, {{"id", call->id}}), token_));
  }

  void note(const LedgerCall& call, const HttpResponse& answer) {
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto written = parse_json(answer.body);
    ledger_.acknowledge(call.number, as_int(written.at("position")),
                        as_int(written.at("globalPosition")));
    acks_.add();
  }

  static std::string request_text(const LedgerCall& call, const json::object& options) {
    return "[\"stream.write\",\"" + call.stream + "\",{\"type\":\"Written\",\"data\":" + call.data +
           "}," + json::serialize(options) + "]";
  }

  Ledger& ledger_;
  AckCounter& acks_;
  HttpClient client_;
  std::string token_;
  std::mt19937_64 random_;
  std::int64_t known_version_[kStreams] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
};

/// Every message of the namespace, read in pages as clients do.
std::vector<FoundMessage> read_all(HttpClient& client, const std::string& token) {
  std::vector<FoundMessage> found;
  for (std::int64_t next = 0;;) {
    const auto answer = client.rpc(
        "[\"category.get\",\"\",{\"position\":" + std::to_string(next) + ",\"batchSize\":5000}]",
        token);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto page = parse_json(answer.body);
    if (page.as_array().empty()) return found;
    for (const auto& tuple : page.as_array()) {
      const auto& fields = tuple.as_array();
      found.push_back({as_string(fields[0]), as_string(fields[1]), as_int(fields[3]),
                       as_int(fields[4]), as_int(fields[5].at("n")), json::serialize(fields[5])});
    }
    next = found.back().global_position + 1;
  }
}

/// The same messages, found through the index of each stream instead.
void check_streams(HttpClient& client, const std::string& token,
                   const std::vector<FoundMessage>& found) {
  std::map<std::string, std::vector<std::int64_t>> wanted;
  for (const auto& message : found) wanted[message.stream].push_back(message.global_position);
  for (const auto& [stream, globals] : wanted) {
    const auto answer = client.rpc("[\"stream.get\",\"" + stream + "\",{\"batchSize\":-1}]", token);
    const auto tuples = parse_json(answer.body);
    std::vector<std::int64_t> got;
    for (const auto& tuple : tuples.as_array()) got.push_back(as_int(tuple.as_array()[3]));
    EXPECT_EQ(got, globals) << stream;
    const auto version = client.rpc("[\"stream.version\",\"" + stream + "\"]", token);
    EXPECT_EQ(version.body, std::to_string(globals.size() - 1)) << stream;
  }
}

class KillCycles : public testing::Test {
 protected:
  std::unique_ptr<ServerProcess> start(int cycle) {
    ServerFlags flags;
    flags.arguments = {"--data-dir", directory_.path(), "--durability",
                       cycle % 4 == 3 ? "os" : "disk"};
    auto server = std::make_unique<ServerProcess>(flags);
    if (!server->token().empty()) token_ = server->token();
    return server;
  }

  /// Several clients write until the server is killed after a random number of answers.
  void write_and_kill(ServerProcess& server) {
    AckCounter acks;
    std::vector<std::unique_ptr<Writer>> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.push_back(std::make_unique<Writer>(ledger_, acks, server, token_, random_()));
    }
    std::vector<std::thread> threads;
    for (auto& writer : writers) threads.emplace_back([&writer] { writer->run(); });
    acks.wait_for(static_cast<int>(1 + random_() % 120));
    server.kill();
    for (auto& thread : threads) thread.join();
    ledger_.end_cycle();
  }

  /// What an operator or a crash may do to files that are only derived.
  void damage_index(int cycle) {
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
      if (entry.path().filename() != "index.db") continue;
      const fs::path index = entry.path();
      const fs::path older = fs::path(directory_.path()) / "older-index";
      switch (cycle % 8) {
        case 1:
          remove_index(index);
          break;
        case 3:
          fs::resize_file(index, random_() % (fs::file_size(index) + 1));
          break;
        case 5:
          fs::copy_file(index, older, fs::copy_options::overwrite_existing);
          break;
        case 7:
          remove_index(index);
          fs::copy_file(older, index);
          break;
        default:
          break;
      }
      return;
    }
  }

  static void remove_index(const fs::path& index) {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(index.string() + suffix);
  }

  void check_all(ServerProcess& server) {
    HttpClient client(server.port());
    const auto found = read_all(client, token_);
    EXPECT_EQ(ledger_.check(found), std::vector<std::string>());
    check_streams(client, token_, found);
  }

  TemporaryDirectory directory_;
  Ledger ledger_;
  std::string token_;
  std::mt19937_64 random_{20'261'121};
};

TEST_F(KillCycles, EveryAcknowledgedMessageSurvives) {
  const int cycles = cycles_wanted();
  for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    auto server = start(cycle);
    if (cycle % kCyclesBetweenFullChecks == 0) check_all(*server);
    write_and_kill(*server);
    damage_index(cycle);
  }
  auto server = start(0);
  check_all(*server);
  EXPECT_EQ(server->stop(), 0);
  RecordProperty("acknowledged", static_cast<int>(ledger_.acknowledged_count()));
}

}  // namespace
}  // namespace eventodb::test
