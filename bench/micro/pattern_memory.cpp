// Memory of a request: an arena against malloc for every piece, a buffer that stays against a
// string for every answer, and blocks of fixed size against one allocation per record.

#include <benchmark/benchmark.h>

#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/byte_buffer.hpp"
#include "micro/allocation_columns.hpp"
#include "store/log/block_list.hpp"
#include "store/log/record.hpp"

namespace eventodb::bench {
namespace {

// What one request keeps until it is answered: a few header fields, a path, decoded arguments.
constexpr std::size_t kPieces[] = {4, 24, 17, 76, 16, 9, 120, 88, 40, 32, 64, 48};

void arena_ours(benchmark::State& state) {
  base::Arena arena;
  measure(state, [&] {
    arena.reset();
    for (const std::size_t bytes : kPieces) {
      auto* piece = static_cast<char*>(arena.allocate(bytes));
      piece[0] = 'x';
      benchmark::DoNotOptimize(piece);
    }
  });
}
BENCHMARK(arena_ours)->Name("arena/ours");

void arena_naive(benchmark::State& state) {
  measure(state, [&] {
    std::unique_ptr<char[]> pieces[std::size(kPieces)];
    for (std::size_t i = 0; i < std::size(kPieces); ++i) {
      pieces[i].reset(new char[kPieces[i]]);
      pieces[i][0] = 'x';
      benchmark::DoNotOptimize(pieces[i].get());
    }
  });
}
BENCHMARK(arena_naive)->Name("arena/naive");

// An answer put together from pieces of 120 bytes.

void buffer_ours(benchmark::State& state) {
  const std::string piece(120, 'x');
  base::ByteBuffer out;
  measure(state, [&] {
    out.clear();
    for (std::int64_t i = 0; i < state.range(0); ++i) out.append(piece);
    benchmark::DoNotOptimize(out.data());
  });
}
BENCHMARK(buffer_ours)->Name("buffer_reuse/ours")->Arg(3)->Arg(100);

void buffer_naive(benchmark::State& state) {
  const std::string piece(120, 'x');
  measure(state, [&] {
    std::string out;
    for (std::int64_t i = 0; i < state.range(0); ++i) out += piece;
    benchmark::DoNotOptimize(out.data());
  });
}
BENCHMARK(buffer_naive)->Name("buffer_reuse/naive")->Arg(3)->Arg(100);

// Records of 200 to 700 bytes, appended at one end and dropped at the other, 10,000 held.

constexpr std::size_t kHeld = 10'000;

class Sizes {
 public:
  std::size_t next() { return 200 + (at_ = (at_ + 7919) % 63) * 8; }

 private:
  std::size_t at_ = 0;
};

void blocks_ours(benchmark::State& state) {
  store::BlockList blocks;
  Sizes sizes;
  std::int64_t position = 0;
  const auto append = [&] {
    const std::size_t bytes = sizes.next();
    store::Record* record = blocks.reserve(bytes);
    std::memset(static_cast<void*>(record), 0, bytes);
    record->bytes = static_cast<std::uint32_t>(bytes);
    record->global_position = ++position;
    blocks.take();
  };
  // Long enough for every block to have reached its size and some to wait for their next use.
  for (std::size_t i = 0; i < 2 * kHeld; ++i) append();
  for (std::size_t i = 0; i < kHeld; ++i) blocks.drop_first();
  measure(state, [&] {
    append();
    blocks.drop_first();
  });
}
BENCHMARK(blocks_ours)->Name("blocks/ours");

void blocks_naive(benchmark::State& state) {
  std::deque<std::unique_ptr<char[]>> records;
  Sizes sizes;
  const auto append = [&] {
    const std::size_t bytes = sizes.next();
    records.emplace_back(new char[bytes]);
    std::memset(records.back().get(), 0, bytes);
  };
  for (std::size_t i = 0; i < kHeld; ++i) append();
  measure(state, [&] {
    append();
    records.pop_front();
  });
}
BENCHMARK(blocks_naive)->Name("blocks/naive");

}  // namespace
}  // namespace eventodb::bench
