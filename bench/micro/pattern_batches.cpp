// A read of many messages: rendered as they are found, with nothing gathered; gathered in a list
// that is reserved from the batch size; gathered in a list that grows.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "micro/allocation_columns.hpp"
#include "micro/sample_messages.hpp"
#include "rpc/message_list.hpp"

namespace eventodb::bench {
namespace {

/// What a store would hand over if it did not lend views.
struct OwnedMessage {
  explicit OwnedMessage(const MessageView& from)
      : stream(from.stream),
        type(from.type),
        data(from.data),
        metadata(from.metadata),
        position(from.position),
        global_position(from.global_position),
        id(from.id),
        time(from.time) {}
  MessageView view() const {
    return {stream, type, data, metadata, position, global_position, id, time};
  }

  std::string stream, type, data, metadata;
  Position position;
  GlobalPosition global_position;
  MessageId id;
  Timestamp time;
};

class Source {
 public:
  explicit Source(benchmark::State& state)
      : messages_(sample_messages(static_cast<std::size_t>(state.range(0)), data_)) {}
  const std::vector<MessageView>& messages() const { return messages_; }

 private:
  std::string data_ = sample_data(300);
  std::vector<MessageView> messages_;
};

void batch_ours(benchmark::State& state) {
  const Source source(state);
  base::ByteBuffer out;
  measure(state, [&] {
    out.clear();
    rpc::MessageList list(out, false);
    for (const MessageView& message : source.messages()) list.visit(message);
    benchmark::DoNotOptimize(out.data());
  });
}
BENCHMARK(batch_ours)->Name("batch/ours")->Arg(10)->Arg(1000);

void gather_and_render(benchmark::State& state, bool reserve) {
  const Source source(state);
  base::ByteBuffer out;
  measure(state, [&] {
    std::vector<OwnedMessage> batch;
    if (reserve) batch.reserve(source.messages().size());
    for (const MessageView& message : source.messages()) batch.emplace_back(message);
    out.clear();
    rpc::MessageList list(out, false);
    for (const OwnedMessage& message : batch) list.visit(message.view());
    benchmark::DoNotOptimize(out.data());
  });
}

void batch_reserved(benchmark::State& state) {
  gather_and_render(state, true);
}
BENCHMARK(batch_reserved)->Name("batch/reserved")->Arg(10)->Arg(1000);

void batch_naive(benchmark::State& state) {
  gather_and_render(state, false);
}
BENCHMARK(batch_naive)->Name("batch/naive")->Arg(10)->Arg(1000);

// The list alone, when its elements own nothing: what a subscription's stage gathers.

void gather_views(benchmark::State& state, bool reserve) {
  const Source source(state);
  measure(state, [&] {
    std::vector<MessageView> batch;
    if (reserve) batch.reserve(source.messages().size());
    for (const MessageView& message : source.messages()) batch.push_back(message);
    benchmark::DoNotOptimize(batch.data());
  });
}

void list_ours(benchmark::State& state) {
  const Source source(state);
  std::vector<MessageView> batch;
  measure(state, [&] {
    batch.clear();
    for (const MessageView& message : source.messages()) batch.push_back(message);
    benchmark::DoNotOptimize(batch.data());
  });
}
BENCHMARK(list_ours)->Name("view_list/ours")->Arg(10)->Arg(1000);

void list_reserved(benchmark::State& state) {
  gather_views(state, true);
}
BENCHMARK(list_reserved)->Name("view_list/reserved")->Arg(10)->Arg(1000);

void list_naive(benchmark::State& state) {
  gather_views(state, false);
}
BENCHMARK(list_naive)->Name("view_list/naive")->Arg(10)->Arg(1000);

}  // namespace
}  // namespace eventodb::bench
