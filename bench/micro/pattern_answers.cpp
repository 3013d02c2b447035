// Small answers: typed values written into a reused buffer, against a map of names and values that
// is rendered.

#include <benchmark/benchmark.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "base/json_writer.hpp"
#include "eventodb/store.hpp"
#include "micro/allocation_columns.hpp"

namespace eventodb::bench {
namespace {

constexpr WrittenMessage kWritten{.position = {41}, .global_position = {1'000'041}};

void write_answer_ours(benchmark::State& state) {
  base::ByteBuffer out;
  WrittenMessage written = kWritten;
  measure(state, [&] {
    benchmark::DoNotOptimize(written);
    out.clear();
    out.append("{\"position\":");
    base::append_int(out, written.position.value);
    out.append(",\"globalPosition\":");
    base::append_int(out, written.global_position.value);
    out.append('}');
    benchmark::DoNotOptimize(out.data());
  });
}
BENCHMARK(write_answer_ours)->Name("write_answer/ours");

using Value = std::variant<std::int64_t, std::string>;

std::string render(const std::map<std::string, Value>& members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text += ',';
    text += '"' + name + "\":";
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      text += std::to_string(*number);
    } else {
      text += '"' + std::get<std::string>(value) + '"';
    }
  }
  return text + '}';
}

void write_answer_naive(benchmark::State& state) {
  WrittenMessage written = kWritten;
  measure(state, [&] {
    benchmark::DoNotOptimize(written);
    std::map<std::string, Value> answer;
    answer["position"] = written.position.value;
    answer["globalPosition"] = written.global_position.value;
    const std::string text = render(answer);
    benchmark::DoNotOptimize(text.data());
  });
}
BENCHMARK(write_answer_naive)->Name("write_answer/naive");

void write_answer_dom(benchmark::State& state) {
  WrittenMessage written = kWritten;
  measure(state, [&] {
    benchmark::DoNotOptimize(written);
    nlohmann::json answer;
    answer["position"] = written.position.value;
    answer["globalPosition"] = written.global_position.value;
    const std::string text = answer.dump();
    benchmark::DoNotOptimize(text.data());
  });
}
BENCHMARK(write_answer_dom)->Name("write_answer/dom");

}  // namespace
}  // namespace eventodb::bench
