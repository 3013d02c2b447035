#include <gtest/gtest.h>

#include "auth/access.hpp"
#include "base/io_thread.hpp"
#include "base/spawn.hpp"
#include "rpc/dispatcher.hpp"
#include "store/memory/memory_store.hpp"
#include "support/allocation_counter.hpp"

namespace eventodb::rpc {
namespace {

class KeptAnswer final : public Answer {
 public:
  explicit KeptAnswer(base::ByteBuffer& out) : Answer(out) {}
  Awaitable<bool> send_piece() override { co_return true; }
};

/// One connection's objects, reused from request to request as the server does.
class AllocationTest : public testing::Test {
 protected:
  AllocationTest() {
    run([](AllocationTest& self) -> Awaitable<void> {
      NewNamespace wanted;
      wanted.id = "tenant";
      self.access_.ns = (co_await self.store_->create_namespace(wanted)).value();
      self.access_.namespace_id = "tenant";
      for (int i = 0; i < 100; ++i) co_await self.answer(kWrite);
    });
  }

  template <class Body>
  void run(Body body) {
    base::IoThread io;
    std::exception_ptr thrown;
    base::spawn(io.context(), body(*this),
                [&](std::exception_ptr exception) { thrown = std::move(exception); });
    io.run();
    if (thrown) std::rethrow_exception(thrown);
  }

  Awaitable<void> answer(std::string_view body) {
    request_.clear();
    request_.append(body);
    out_.clear();
    arena_.reset();
    KeptAnswer kept(out_);
    const int status = co_await dispatcher_.answer(request_, access_, arena_, kept);
    EXPECT_EQ(status, 200) << out_.view();
  }

  /// Heap allocations of one call in the steady state.
  double allocations_per_call(std::string_view body) {
    constexpr int kWarmUp = 200;
    constexpr int kCounted = 1000;
    double result = -1;
    run([&](AllocationTest& self) -> Awaitable<void> {
      for (int i = 0; i < kWarmUp; ++i) co_await self.answer(body);
      const auto before = test::allocations_of_this_thread();
      for (int i = 0; i < kCounted; ++i) co_await self.answer(body);
      result = static_cast<double>(test::allocations_of_this_thread() - before) / kCounted;
    });
    return result;
  }

  static constexpr std::string_view kWrite =
      R"(["stream.write","test-stream-1",{"type":"TestEvent","data":{"n":1,"text":"payload"},)"
      R"("metadata":{"user":"u-1"}},{}])";

  std::unique_ptr<Store> store_ = store::make_memory_store();
  Dispatcher dispatcher_{*store_, {}};
  auth::Access access_;
  base::ByteBuffer request_;
  base::ByteBuffer out_;
  base::Arena arena_;
};

TEST_F(AllocationTest, TheCounterCounts) {
  const auto before = test::allocations_of_this_thread();
  const auto memory = std::make_unique<std::string>(1000, 'x');
  EXPECT_GE(test::allocations_of_this_thread() - before, 2u);
}

TEST_F(AllocationTest, ReadsAllocateNothing) {
  EXPECT_EQ(allocations_per_call(R"(["stream.get","test-stream-1",{"position":0,"batchSize":10}])"),
            0);
  EXPECT_EQ(allocations_per_call(R"(["stream.version","test-stream-1"])"), 0);
  EXPECT_EQ(allocations_per_call(R"(["stream.last","test-stream-1"])"), 0);
  EXPECT_EQ(allocations_per_call(R"(["category.get","test",{"batchSize":10}])"), 0);
}

TEST_F(AllocationTest, AWriteAllocatesOnlyItsShareOfABlock) {
  // The memory store keeps messages in blocks of its own: far less than one allocation a message.
  EXPECT_LT(allocations_per_call(kWrite), 0.05);
}

TEST_F(AllocationTest, ABatchAllocatesOnlyItsShareOfBlocks) {
  const std::string message =
      R"({"type":"TestEvent","data":{"text":")" + std::string(280, 'x') + "\"}}";
  std::string messages = "[" + message;
  for (int i = 1; i < 100; ++i) messages += "," + message;
  messages += "]";
  // Some 35 KB a call, kept by the store in blocks of 64 KB or more; decoding takes none.
  EXPECT_LT(allocations_per_call("[\"stream.append\",\"test-stream-1\"," + messages + "]"), 2);
  EXPECT_LT(
      allocations_per_call(
          "[\"streams.append\",[{\"stream\":\"test-stream-1\",\"messages\":" + messages + "}]]"),
      2);
}

TEST_F(AllocationTest, JsonRpcAllocatesNothing) {
  EXPECT_EQ(allocations_per_call(
                R"({"jsonrpc":"2.0","method":"stream.version","params":["test-stream-1"],"id":1})"),
            0);
}

}  // namespace
}  // namespace eventodb::rpc
