#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <iterator>
#include <ostream>
#include <string>
#include <tuple>

#include "support/http_client.hpp"
#include "support/server_process.hpp"
#include "wire/allocation/shared_ledger.hpp"

// What a request costs the heap of the whole server process, over a real connection: nothing in our
// code, Boost and the standard library. SQLite's own allocations are counted apart.
namespace eventodb::test {
namespace {

constexpr int kStreams = 100;
constexpr int kWarmUpWrites = 3'000;
constexpr int kRequests = 10'000;

std::string stream(int number) {
  return "account-" + std::to_string(number % kStreams);
}

std::string write_body(int number) {
  return R"(["stream.write",")" + stream(number) +
         R"(",{"type":"Deposited","data":{"amount":129.95,"note":")" + std::string(200, 'x') +
         R"("},"metadata":{"correlationStreamName":"order-42"}}])";
}
std::string get_body(int number) {
  return R"(["stream.get",")" + stream(number) + R"(",{"position":0,"batchSize":10}])";
}
std::string version_body(int number) {
  return R"(["stream.version",")" + stream(number) + R"("])";
}
std::string last_body(int number) {
  return R"(["stream.last",")" + stream(number) + R"("])";
}

/// As fetch() of a Chromium browser sends them to a page of its own origin.
const HttpFields kBrowserFields = {
    {"Connection", "keep-alive"},
    {"sec-ch-ua-platform", "\"Linux\""},
    {"User-Agent",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
     "Safari/537.36"},
    {"sec-ch-ua", "\"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\""},
    {"Content-Type", "application/json"},
    {"sec-ch-ua-mobile", "?0"},
    {"Accept", "*/*"},
    {"Origin", "http://localhost:8080"},
    {"Sec-Fetch-Site", "same-origin"},
    {"Sec-Fetch-Mode", "cors"},
    {"Sec-Fetch-Dest", "empty"},
    {"Referer", "http://localhost:8080/"},
    {"Accept-Encoding", "gzip, deflate, br, zstd"},
    {"Accept-Language", "en-US,en;q=0.9"},
};

/// As fetch() of Node sends them.
const HttpFields kNodeFields = {
    {"connection", "keep-alive"},
    {"Content-Type", "application/json"},
    {"accept", "*/*"},
    {"accept-language", "*"},
    {"sec-fetch-mode", "cors"},
    {"user-agent", "node"},
    {"accept-encoding", "gzip, deflate"},
};

struct Method {
  std::string name;
  std::string (*body)(int number);
  int depth = 1;        ///< requests sent on a connection before the first is answered
  int connections = 1;  ///< that send at once
  friend void PrintTo(const Method& method, std::ostream* out) { *out << method.name; }
};

struct Backend {
  std::string name;
  bool on_disk;
  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

class RequestAllocations : public testing::TestWithParam<std::tuple<Backend, Method>> {
 protected:
  static ServerFlags flags(const std::string& directory) {
    ServerFlags flags{.environment = {{"LD_PRELOAD", EVENTODB_COUNTING_MALLOC},
                                      {kLedgerVariable, directory + "/ledger"}}};
    if (std::get<0>(GetParam()).on_disk) {
      flags.arguments = {"--data-dir", directory + "/data"};
    } else {
      flags.arguments = {"--test-mode"};
    }
    return flags;
  }

  /// Sends `count` requests, the fields of one client and the other in turn.
  void send(const Method& method, int count) {
    while (std::ssize(clients_) < method.connections) clients_.emplace_back(server_.port());
    for (int first = 0; first < count; first += method.depth * method.connections) {
      int next = first;
      for (HttpClient& client : clients_) {
        std::string requests;
        for (int i = 0; i < method.depth; ++i) requests += request(method, next++);
        client.send(requests);
      }
      for (HttpClient& client : clients_) {
        for (int i = 0; i < method.depth; ++i) {
          const auto answer = client.receive();
          ASSERT_EQ(answer.status, 200) << answer.body;
        }
      }
    }
  }

  std::string request(const Method& method, int number) const {
    HttpFields fields = number % 2 == 0 ? kBrowserFields : kNodeFields;
    if (!server_.token().empty()) fields.emplace_back("Authorization", "Bearer " + server_.token());
    return http_request("POST", "/rpc", method.body(number), fields);
  }

  TemporaryDirectory directory_;
  SharedLedger ledger_{directory_.path() + "/ledger"};
  ServerProcess server_{flags(directory_.path())};
  std::deque<HttpClient> clients_;
};

/// Work that many requests share: memory that messages are kept in grows and shrinks with them, the
/// derived index is written in batches, and a log is checkpointed after thousands of commits.
bool is_shared_work(const std::string& stack) {
  for (const char* function : {"eventodb::store::BlockList::", "eventodb::store::HashIndex::",
                               "eventodb::store::sqlite::OpenFiles::index_step(",
                               "eventodb::store::sqlite::LogFile::checkpoint("}) {
    if (stack.find(function) != stack.npos) return true;
  }
  return false;
}

/// Fewer than one in a thousand requests is no allocation of a request, but the first use of a
/// thread. Nor is what as many connections as there are hold at once: it is kept for the next ones,
/// and when so many wait together for the first time is a matter of chance. Both count as shared
/// work.
std::uint64_t rare(const Method& method) {
  return std::max<std::uint64_t>(kRequests / 1000, static_cast<unsigned>(method.connections));
}

TEST_P(RequestAllocations, AreNone) {
  const Method& method = std::get<1>(GetParam());
  send({.name = "", .body = &write_body}, kWarmUpWrites);
  send({.name = "", .body = &get_body}, kStreams);
  send(method, kRequests / 5);

  ledger_.start();
  send(method, kRequests);
  ledger_.stop();

  std::uint64_t shared = 0;
  for (const auto& [stack, count] : ledger_.by_stack(clients_.front(), server_.token())) {
    if (count < rare(method) || is_shared_work(stack)) {
      shared += count;
    } else {
      ADD_FAILURE() << count << " allocations in " << kRequests << " requests by\n" << stack;
    }
  }
  // A block or a batch holds hundreds of messages, but less while the log stays almost empty. Index
  // steps come with time too, about two a second with ten allocations each: a machine that takes a
  // minute for these requests may make 1,000.
  EXPECT_LT(shared, kRequests / 10);
  std::printf("%s, %s: per request %.4f by shared work, %.4f by SQLite, else 0 or shown above\n",
              std::get<0>(GetParam()).name.c_str(), method.name.c_str(),
              static_cast<double>(shared) / kRequests,
              static_cast<double>(ledger_.sqlite_allocations()) / kRequests);
}

INSTANTIATE_TEST_SUITE_P(
    Backends, RequestAllocations,
    testing::Combine(testing::Values(Backend{"Memory", false}, Backend{"File", true}),
                     testing::Values(Method{"Write", &write_body},
                                     Method{"PipelinedWrite", &write_body, 10},
                                     Method{"ConcurrentWrite", &write_body, 1, 100},
                                     Method{"ConcurrentGet", &get_body, 1, 100},
                                     Method{"Get", &get_body}, Method{"Version", &version_body},
                                     Method{"Last", &last_body})),
    [](const auto& named) {
      return std::get<0>(named.param).name + std::get<1>(named.param).name;
    });

}  // namespace
}  // namespace eventodb::test
