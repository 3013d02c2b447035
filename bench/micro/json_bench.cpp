// A request's body to typed arguments, and messages to the body of an answer.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "base/byte_buffer.hpp"
#include "base/check.hpp"
#include "base/json_writer.hpp"
#include "core/message_json.hpp"
#include "micro/allocation_columns.hpp"
#include "rpc/arguments.hpp"
#include "rpc/json_body.hpp"
#include "rpc/stream_methods.hpp"

namespace eventodb::bench {
namespace {

constexpr std::string_view kRead =
    R"(["stream.get","test-stream-42",{"position":0,"batchSize":10}])";

std::string write_body(std::size_t data_bytes) {
  return R"(["stream.write","test-stream-42",{"type":"TestEvent","data":{"text":")" +
         std::string(data_bytes, 'x') + R"("}},{"expectedVersion":41}])";
}

void set_rates(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

void check_json(benchmark::State& state, std::string_view text) {
  base::ByteBuffer body;
  body.append(text);
  benchmark::DoNotOptimize(rpc::check_body(body.view()));
  const AllocationColumns allocations(state);
  for (auto _ : state) benchmark::DoNotOptimize(rpc::check_body(body.view()));
  set_rates(state, text.size());
}

void decode(benchmark::State& state, std::string_view text, const rpc::Handler& handler) {
  base::ByteBuffer body;
  body.append(text);
  base::Arena arena;
  benchmark::DoNotOptimize(rpc::check_body(body.view()));
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    arena.reset();
    const auto checked = rpc::check_body(body.view());
    rpc::JsonCursor cursor(*checked);
    cursor.enter();
    cursor.next_element();
    cursor.read();
    rpc::Arguments arguments(cursor, arena);
    auto decoded = handler.decode(arguments);
    EVENTODB_CHECK(decoded.has_value());
    benchmark::DoNotOptimize(*decoded);
  }
  set_rates(state, text.size());
}

void BM_CheckWriteBody(benchmark::State& state) {
  check_json(state, write_body(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_CheckWriteBody)->Arg(128)->Arg(4096)->Arg(1 << 20);

void BM_DecodeWrite(benchmark::State& state) {
  decode(state, write_body(static_cast<std::size_t>(state.range(0))), rpc::kStreamWrite);
}
BENCHMARK(BM_DecodeWrite)->Arg(128)->Arg(4096);

void BM_DecodeRead(benchmark::State& state) {
  decode(state, kRead, rpc::kStreamGet);
}
BENCHMARK(BM_DecodeRead);

void BM_RenderTenMessages(benchmark::State& state) {
  const std::string data = R"({"text":")" + std::string(118, 'x') + R"("})";
  MessageView message{.stream = "test-stream-42",
                      .type = "TestEvent",
                      .data = data,
                      .metadata = {},
                      .position = Position{41},
                      .global_position = GlobalPosition{123456},
                      .id = base::make_uuid_v7(),
                      .time = base::wall_clock_now()};
  base::ByteBuffer out(16 * 1024);
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    out.clear();
    for (int i = 0; i < 10; ++i) append_message_tuple(out, message, false);
    benchmark::DoNotOptimize(out.data());
  }
  set_rates(state, out.size());
}
BENCHMARK(BM_RenderTenMessages);

void BM_RenderString(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  base::ByteBuffer out(2 * text.size() + 64);
  const AllocationColumns allocations(state);
  for (auto _ : state) {
    out.clear();
    base::append_json_string(out, text);
    benchmark::DoNotOptimize(out.data());
  }
  set_rates(state, text.size());
}
BENCHMARK(BM_RenderString)->Arg(14)->Arg(1024);

}  // namespace
}  // namespace eventodb::bench
