// A log in memory that is filled and then drained: records by value in blocks with index tables of
// numbers, against objects that point to strings in maps of pointers. Resident memory before, when
// full, and after, each measured in a process of its own.

#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/check.hpp"
#include "micro/sample_messages.hpp"
#include "store/log/message_log.hpp"
#include "support/allocation_counter.hpp"

namespace eventodb::bench {
namespace {

constexpr std::int64_t kMessages = 200'000;
constexpr std::int64_t kStreams = 1'000;

double resident_megabytes() {
  long pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  EVENTODB_CHECK(file != nullptr && std::fscanf(file, "%*d %ld", &pages) == 1);
  std::fclose(file);
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class ValueRecords {
 public:
  void append(const MessageView& message) { log_.append(message); }
  void drop_all(GlobalPosition last) { log_.drop_up_to(last); }

 private:
  store::MessageLog log_;
};

/// Shared objects, found through a map for each way to look them up.
class PointerRecords {
 public:
  void append(const MessageView& from) {
    auto message = std::make_shared<Message>(Message{
        std::string(from.stream), std::string(from.type), std::string(from.data),
        std::string(from.metadata), from.position.value, from.global_position.value, from.id});
    log_.push_back(message);
    streams_[message->stream].push_back(message);
    categories_[std::string(category_of(from.stream))].push_back(message);
    ids_[message->id] = message;
  }
  void drop_all(GlobalPosition) {
    for (const auto& message : log_) {
      auto& stream = streams_[message->stream];
      stream.pop_front();
      if (stream.empty()) streams_.erase(message->stream);
      categories_[std::string(category_of(message->stream))].pop_front();
      ids_.erase(message->id);
    }
    log_.clear();
  }

 private:
  struct Message {
    std::string stream, type, data, metadata;
    std::int64_t position;
    std::int64_t global_position;
    MessageId id;
  };
  using List = std::list<std::shared_ptr<Message>>;

  List log_;
  std::unordered_map<std::string, List> streams_;
  std::unordered_map<std::string, List> categories_;
  std::map<MessageId, std::shared_ptr<Message>> ids_;
};

struct Figures {
  double before_mb, full_mb, after_mb;
  double append_ns, allocs, alloc_bytes, frees;
};

template <class Records>
Figures fill_and_drain() {
  const std::string data = sample_data(300);
  MessageView message = sample_messages(1, data).front();
  std::optional<Records> records(std::in_place);
  Figures figures{};
  figures.before_mb = resident_megabytes();
  const double began = processor_seconds();
  const test::AllocationCounts counts = test::count_allocations([&] {
    char stream[32];
    for (std::int64_t i = 0; i < kMessages; ++i) {
      const int length = std::snprintf(stream, sizeof(stream), "account-%lld",
                                       static_cast<long long>(i % kStreams));
      message.stream = {stream, static_cast<std::size_t>(length)};
      message.position = {i / kStreams};
      message.global_position = {i + 1};
      message.id = base::make_uuid_v7();
      records->append(message);
    }
  });
  const double took = processor_seconds() - began;
  figures.full_mb = resident_megabytes();
  records->drop_all({kMessages});
  figures.after_mb = resident_megabytes();
  figures.append_ns = took * 1e9 / kMessages;
  figures.allocs = static_cast<double>(counts.allocations) / kMessages;
  figures.alloc_bytes = static_cast<double>(counts.bytes) / kMessages;
  figures.frees = static_cast<double>(counts.frees) / kMessages;
  return figures;
}

/// A fresh process, because what one variant leaves behind in malloc would help or hurt the next.
template <class Records>
Figures in_a_process() {
  int ends[2];
  EVENTODB_CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  EVENTODB_CHECK(child >= 0);
  if (child == 0) {
    const Figures figures = fill_and_drain<Records>();
    const bool sent = write(ends[1], &figures, sizeof(figures)) == sizeof(figures);
    _exit(sent ? 0 : 1);
  }
  Figures figures{};
  EVENTODB_CHECK(read(ends[0], &figures, sizeof(figures)) == sizeof(figures));
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  return figures;
}

template <class Records>
void run(benchmark::State& state) {
  for (auto _ : state) {
    const Figures figures = in_a_process<Records>();
    state.SetIterationTime(figures.append_ns / 1e9);  // processor time of one append
    state.counters["allocs"] = figures.allocs;
    state.counters["alloc_bytes"] = figures.alloc_bytes;
    state.counters["frees"] = figures.frees;
    state.counters["resident_before_mb"] = figures.before_mb;
    state.counters["resident_full_mb"] = figures.full_mb;
    state.counters["resident_after_mb"] = figures.after_mb;
  }
}

void records_ours(benchmark::State& state) {
  run<ValueRecords>(state);
}
BENCHMARK(records_ours)->Name("records/ours")->Iterations(1)->UseManualTime();

void records_naive(benchmark::State& state) {
  run<PointerRecords>(state);
}
BENCHMARK(records_naive)->Name("records/naive")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace eventodb::bench
