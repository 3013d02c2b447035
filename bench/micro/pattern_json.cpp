// JSON in and out: every byte is checked once, what is stored and given back is the text itself;
// against a document that is parsed, stored as text made from it, parsed again and rendered.

#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/byte_buffer.hpp"
#include "base/check.hpp"
#include "base/rfc3339.hpp"
#include "core/message_json.hpp"
#include "micro/allocation_columns.hpp"
#include "micro/sample_messages.hpp"
#include "rpc/arguments.hpp"
#include "rpc/json_body.hpp"
#include "rpc/stream_methods.hpp"

namespace eventodb::bench {
namespace {

std::string write_body(benchmark::State& state) {
  return R"(["stream.write","account-8c9b7f0e+eu",{"type":"Deposited","data":)" +
         sample_data(static_cast<std::size_t>(state.range(0))) + R"(,"metadata":)" +
         std::string(kSampleMetadata) + R"(},{"expectedVersion":41}])";
}

void json_in_ours(benchmark::State& state) {
  base::ByteBuffer body;
  body.append(write_body(state));
  base::Arena arena;
  measure(state, [&] {
    arena.reset();
    rpc::JsonCursor cursor(*rpc::check_body(body.view()));
    cursor.enter();
    cursor.next_element();
    cursor.read();
    rpc::Arguments arguments(cursor, arena);
    const auto decoded = rpc::kStreamWrite.decode(arguments);
    EVENTODB_CHECK(decoded.has_value());
    auto data = static_cast<const NewMessage*>(*decoded)->data;
    benchmark::DoNotOptimize(data);
  });
}
BENCHMARK(json_in_ours)->Name("json_in/ours")->Arg(300)->Arg(5'000)->Arg(100'000);

struct StoredTexts {
  std::string stream, type, data, metadata;
  std::int64_t expected_version = 0;
};

void json_in_naive(benchmark::State& state) {
  const std::string body = write_body(state);
  measure(state, [&] {
    const nlohmann::json request = nlohmann::json::parse(body);
    StoredTexts stored;
    stored.stream = request.at(1).get<std::string>();
    const nlohmann::json& message = request.at(2);
    stored.type = message.at("type").get<std::string>();
    stored.data = message.at("data").dump();
    stored.metadata = message.at("metadata").dump();
    stored.expected_version = request.at(3).at("expectedVersion").get<std::int64_t>();
    benchmark::DoNotOptimize(stored.data.data());
  });
}
BENCHMARK(json_in_naive)->Name("json_in/naive")->Arg(300)->Arg(5'000)->Arg(100'000);

// The answer to a read of ten messages.

void json_out_ours(benchmark::State& state) {
  const std::string data = sample_data(static_cast<std::size_t>(state.range(0)));
  const auto messages = sample_messages(10, data);
  base::ByteBuffer out;
  measure(state, [&] {
    out.clear();
    out.append('[');
    for (const MessageView& message : messages) {
      if (out.size() != 1) out.append(',');
      append_message_tuple(out, message, false);
    }
    out.append(']');
    benchmark::DoNotOptimize(out.data());
  });
}
BENCHMARK(json_out_ours)->Name("json_out/ours")->Arg(300)->Arg(5'000)->Arg(100'000);

void json_out_naive(benchmark::State& state) {
  const std::string data = sample_data(static_cast<std::size_t>(state.range(0)));
  const auto messages = sample_messages(10, data);
  measure(state, [&] {
    nlohmann::json answer = nlohmann::json::array();
    for (const MessageView& message : messages) {
      char id[base::kUuidTextBytes];
      base::format_uuid(message.id, id);
      char time[base::kRfc3339BytesMax];
      const std::size_t time_bytes = base::format_rfc3339(message.time, time);
      answer.push_back({std::string(id, sizeof(id)), std::string(message.type),
                        message.position.value, message.global_position.value,
                        nlohmann::json::parse(message.data),
                        nlohmann::json::parse(message.metadata), std::string(time, time_bytes)});
    }
    const std::string text = answer.dump();
    benchmark::DoNotOptimize(text.data());
  });
}
BENCHMARK(json_out_naive)->Name("json_out/naive")->Arg(300)->Arg(5'000)->Arg(100'000);

}  // namespace
}  // namespace eventodb::bench
