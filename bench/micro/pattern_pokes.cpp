// One new message told to many subscribers: rendered once into a reused buffer and copied, against
// an object and a string for each of them.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "micro/allocation_columns.hpp"
#include "micro/sample_messages.hpp"
#include "subscription/event_text.hpp"

namespace eventodb::bench {
namespace {

using subscription::Framing;
using subscription::SharedEvent;

void pokes_ours(benchmark::State& state) {
  const std::string data = sample_data(300);
  const MessageView message = sample_messages(1, data).front();
  std::vector<base::ByteBuffer> subscribers(static_cast<std::size_t>(state.range(0)));
  SharedEvent event;
  measure(state, [&] {
    event.reset(message);
    for (base::ByteBuffer& pending : subscribers) {
      pending.clear();  // the socket has taken the one before
      event.append_to(pending, false, Framing::kChunked);
      benchmark::DoNotOptimize(pending.data());
    }
  });
}
BENCHMARK(pokes_ours)->Name("pokes/ours")->Arg(1)->Arg(100);

struct Poke {
  std::string stream;
  std::int64_t position;
  std::int64_t global_position;

  std::string text() const {
    const std::string json = "{\"stream\":\"" + stream +
                             "\",\"position\":" + std::to_string(position) +
                             ",\"globalPosition\":" + std::to_string(global_position) + "}";
    return "event: poke\ndata: " + json + "\n\n";
  }
};

void pokes_naive(benchmark::State& state) {
  const std::string data = sample_data(300);
  const MessageView message = sample_messages(1, data).front();
  std::vector<std::string> subscribers(static_cast<std::size_t>(state.range(0)));
  measure(state, [&] {
    for (std::string& pending : subscribers) {
      const auto poke = std::make_shared<Poke>(
          Poke{std::string(message.stream), message.position.value, message.global_position.value});
      const std::string text = poke->text();
      char size[17];
      std::snprintf(size, sizeof(size), "%zx", text.size());
      pending = size + std::string("\r\n") + text + "\r\n";
      benchmark::DoNotOptimize(pending.data());
    }
  });
}
BENCHMARK(pokes_naive)->Name("pokes/naive")->Arg(1)->Arg(100);

}  // namespace
}  // namespace eventodb::bench
