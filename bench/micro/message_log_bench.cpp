// The log in memory: what the memory store is made of and the SQLite store's tail.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/uuid.hpp"
#include "micro/allocation_columns.hpp"
#include "store/log/message_log.hpp"

namespace eventodb::bench {
namespace {

using store::MessageLog;

std::vector<std::string> stream_names(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back("test-stream-" + std::to_string(i));
  return names;
}

/// Appends to its streams in turn.
class Writer {
 public:
  explicit Writer(std::int64_t streams) : names_(stream_names(streams)) {}

  void append(MessageLog& log) {
    const auto step = static_cast<std::size_t>(next_.value++);
    message_.stream = names_[step % names_.size()];
    message_.position = Position{static_cast<std::int64_t>(step / names_.size())};
    message_.global_position = next_;
    message_.id = base::make_uuid_v7();
    log.append(message_);
  }
  GlobalPosition last() const { return next_; }
  const std::string& name(std::size_t index) const { return names_[index % names_.size()]; }

 private:
  std::vector<std::string> names_;
  std::string data_ = R"({"text":")" + std::string(118, 'x') + R"("})";
  GlobalPosition next_{0};
  MessageView message_{.stream = {},
                       .type = "TestEvent",
                       .data = data_,
                       .metadata = {},
                       .position = {},
                       .global_position = {},
                       .id = {},
                       .time = {}};
};

/// Appends while the log is kept at `kHeld` messages, as the tail of a file store is.
void BM_AppendAndDrop(benchmark::State& state) {
  constexpr std::int64_t kHeld = 50'000;
  MessageLog log;
  Writer writer(state.range(0));
  for (std::int64_t i = 0; i < kHeld; ++i) writer.append(log);
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    writer.append(log);
    if (writer.last().value % 1000 == 0) {
      log.drop_up_to(GlobalPosition{writer.last().value - kHeld});
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AppendAndDrop)->Arg(100)->Arg(10'000);

void BM_AppendGrowing(benchmark::State& state) {
  MessageLog log;
  Writer writer(state.range(0));
  for (std::int64_t i = 0; i < state.range(0); ++i) writer.append(log);
  const AllocationColumns allocations(state);
  for (auto _ : state) writer.append(log);
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_held"] =
      static_cast<double>(log.bytes()) / static_cast<double>(log.message_count());
}
BENCHMARK(BM_AppendGrowing)->Arg(100)->Arg(10'000)->Iterations(1'000'000);

struct CountingVisitor final : MessageVisitor {
  bool visit(const MessageView& message) override {
    bytes += message.data.size();
    return true;
  }
  std::size_t bytes = 0;
};

void BM_ReadTenOfAStream(benchmark::State& state) {
  MessageLog log;
  Writer writer(state.range(0));
  for (std::int64_t i = 0; i < 200'000; ++i) writer.append(log);
  std::size_t index = 0;
  CountingVisitor visitor;
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    StreamCursor cursor{.stream = writer.name(index++), .next = Position{0}, .remaining = 10};
    benchmark::DoNotOptimize(log.read_stream(cursor, visitor));
  }
  benchmark::DoNotOptimize(visitor.bytes);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ReadTenOfAStream)->Arg(100)->Arg(10'000);

void BM_ReadHundredOfTheCategory(benchmark::State& state) {
  MessageLog log;
  Writer writer(100);
  for (std::int64_t i = 0; i < 200'000; ++i) writer.append(log);
  GlobalPosition from{0};
  CountingVisitor visitor;
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    from.value = (from.value + 997) % 100'000;
    CategoryCursor cursor{.category = "test", .next = from, .remaining = 100};
    benchmark::DoNotOptimize(log.read_category(cursor, visitor));
  }
  benchmark::DoNotOptimize(visitor.bytes);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ReadHundredOfTheCategory);

}  // namespace
}  // namespace eventodb::bench
