// Stream names: their parts as views, and names as numbers.

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash64.hpp"
#include "eventodb/stream_name.hpp"
#include "micro/allocation_columns.hpp"
#include "store/log/hash_index.hpp"

namespace eventodb::bench {
namespace {

constexpr std::string_view kName = "account-8c9b7f0e-53c6-4f6a-9d55-3f2b6cf0a7d1+settlement";

void parts_ours(benchmark::State& state) {
  std::string_view name = kName;
  measure(state, [&] {
    benchmark::DoNotOptimize(name);
    benchmark::DoNotOptimize(category_of(name));
    benchmark::DoNotOptimize(id_of(name));
    benchmark::DoNotOptimize(cardinal_id_of(name));
  });
}
BENCHMARK(parts_ours)->Name("name_parts/ours");

/// The name cut at every separator, the ids put together again from the pieces.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string::npos) return parts;
    at = end + 1;
  }
}

void parts_naive(benchmark::State& state) {
  const std::string name(kName);
  measure(state, [&] {
    const std::vector<std::string> pieces = split(name, '-');
    const std::string& category = pieces.front();
    std::string id;
    for (std::size_t i = 1; i < pieces.size(); ++i) id += (i == 1 ? "" : "-") + pieces[i];
    const std::string cardinal_id = split(id, '+').front();
    benchmark::DoNotOptimize(category.data());
    benchmark::DoNotOptimize(cardinal_id.data());
  });
}
BENCHMARK(parts_naive)->Name("name_parts/naive");

// 10,000 streams; each message looks its stream up and keeps what stands for the name.

constexpr std::size_t kStreams = 10'000;

std::vector<std::string> stream_names() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kStreams; ++i) {
    names.push_back("account-8c9b7f0e-53c6-4f6a-9d55-" + std::to_string(i));
  }
  return names;
}

/// Visits the names in an order that is not the one they were inserted in.
class Order {
 public:
  std::size_t next() { return at_ = (at_ + 7919) % kStreams; }

 private:
  std::size_t at_ = 0;
};

void interning_ours(benchmark::State& state) {
  const std::vector<std::string> names = stream_names();
  store::HashIndex index;
  for (std::size_t i = 0; i < kStreams; ++i) {
    index.reserve_one();
    index.insert(base::hash64(names[i], base::hash_seed()), i + 2);
  }
  std::vector<std::uint64_t> log;
  log.reserve(kStreams);
  Order order;
  measure(state, [&] {
    const std::string_view name = names[order.next()];
    const std::uint64_t* id = index.find(base::hash64(name, base::hash_seed()),
                                         [&](auto value) { return names[value - 2] == name; });
    if (log.size() == kStreams) log.clear();
    log.push_back(*id);
  });
  benchmark::DoNotOptimize(log.data());
}
BENCHMARK(interning_ours)->Name("interning/ours");

void interning_naive(benchmark::State& state) {
  const std::vector<std::string> names = stream_names();
  std::unordered_map<std::string, std::int64_t> versions;
  for (const std::string& name : names) versions[name] = 0;
  std::vector<std::string> log(kStreams);
  std::size_t next = 0;
  Order order;
  measure(state, [&] {
    const std::string_view name = names[order.next()];
    ++versions[std::string(name)];  // the map knows only strings
    log[next++ % kStreams] = std::string(name);
  });
  benchmark::DoNotOptimize(log.data());
}
BENCHMARK(interning_naive)->Name("interning/naive");

}  // namespace
}  // namespace eventodb::bench
