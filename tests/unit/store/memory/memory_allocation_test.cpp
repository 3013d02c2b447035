#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/io_thread.hpp"
#include "base/spawn.hpp"
#include "store/memory/memory_store.hpp"
#include "support/allocation_counter.hpp"

// A steady state of writes and reads allocates nothing per message: only blocks and tables grow.
namespace eventodb::store {
namespace {

constexpr std::int64_t kMessages = 20'000;

struct Counter : MessageVisitor {
  bool visit(const MessageView&) override {
    ++visited;
    return true;
  }
  std::int64_t visited = 0;
};

Awaitable<void> append_and_read(Namespace& ns, const std::vector<std::string>& streams,
                                std::int64_t count) {
  const std::string data = "{\"payload\":\"" + std::string(150, 'x') + "\"}";
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string& stream = streams[static_cast<std::size_t>(i) % streams.size()];
    const NewMessage message{.stream = stream,
                             .type = "TestEvent",
                             .data = data,
                             .metadata = R"({"userId":"someone"})",
                             .id = {},
                             .expected_version = {}};
    WrittenMessage written;
    auto appended = co_await ns.append({&message, 1}, {&written, 1});
    EXPECT_TRUE(appended.has_value());
    if (i % 10 != 0) continue;
    Counter counter;
    StreamCursor stream_cursor{.stream = stream, .next = {0}, .remaining = 10};
    auto stream_read = co_await ns.read_stream(stream_cursor, counter);
    EXPECT_TRUE(stream_read.has_value());
    CategoryCursor category_cursor{.category = "test", .next = {i}, .remaining = 10};
    auto category_read = co_await ns.read_category(category_cursor, counter);
    EXPECT_TRUE(category_read.has_value());
    EXPECT_GT(counter.visited, 0);
  }
}

TEST(MemoryAllocation, WritesAndReadsAllocateNothingPerMessage) {
  base::IoThread io;
  const auto store = make_memory_store();
  std::vector<std::string> streams;
  for (int i = 0; i < 100; ++i) streams.push_back("test-stream-" + std::to_string(i));
  test::AllocationCounts counts;
  const auto run = [&]() -> Awaitable<void> {
    const NewNamespace wanted{.id = "test", .description = {}, .metadata = {}, .token_hash = {}};
    const auto ns = (co_await store->create_namespace(wanted)).value();
    co_await append_and_read(*ns, streams, 1000);
    const auto before = test::allocation_counts();
    co_await append_and_read(*ns, streams, kMessages);
    counts = test::allocation_counts() - before;
  };
  base::spawn(io.context(), run());
  io.run();
  // 20,000 messages of 350 bytes fill some thirty blocks; a handful of tables double.
  EXPECT_GT(counts.bytes, 20'000U * 350 / 2) << "the counter counts";
  EXPECT_LT(counts.allocations, 60U);
}

}  // namespace
}  // namespace eventodb::store
