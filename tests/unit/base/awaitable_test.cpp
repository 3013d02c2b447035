#include "base/awaitable.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/io_thread.hpp"
#include "base/spawn.hpp"
#include "support/await.hpp"

namespace eventodb::base {
namespace {

boost::asio::io_context& loop() {
  return IoThread::current().context();
}

Awaitable<std::unique_ptr<int>> make(int value, bool waits) {
  if (waits) co_await next_turn();
  co_return std::make_unique<int>(value);
}

Awaitable<int> fail(bool waits) {
  if (waits) co_await next_turn();
  throw std::runtime_error("as it should");
}

/// As many coroutines deep; the innermost waits.
Awaitable<int> dive(int depth) {
  if (depth == 0) {
    co_await next_turn();
    co_return 0;
  }
  const int below = co_await dive(depth - 1);
  co_return below + 1;
}

/// Notes its end.
class Note {
 public:
  Note(std::vector<std::string>& notes, std::string text)
      : notes_(&notes), text_(std::move(text)) {}
  Note(Note&& other) noexcept
      : notes_(std::exchange(other.notes_, nullptr)), text_(std::move(other.text_)) {}
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  ~Note() {
    if (notes_ != nullptr) notes_->push_back(text_);
  }

 private:
  std::vector<std::string>* notes_;
  std::string text_;
};

Awaitable<int> hold(Note, bool waits) {
  if (waits) co_await next_turn();
  co_return 7;
}

class AwaitableTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, AwaitableTest, testing::Bool(), [](const auto& waits) {
  return waits.param ? "ThatWaits" : "ThatDoesNotWait";
});

TEST_P(AwaitableTest, GivesWhatItReturns) {
  EXPECT_EQ(*test::await(make(42, GetParam())), 42);
}

TEST_P(AwaitableTest, GivesWhatItThrows) {
  EXPECT_THROW(test::await(fail(GetParam())), std::runtime_error);
  const auto caught = [](bool waits) -> Awaitable<std::string> {
    std::string text;
    try {
      static_cast<void>(co_await fail(waits));
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    co_return text;
  };
  EXPECT_EQ(test::await(caught(GetParam())), "as it should");
}

TEST_P(AwaitableTest, EndsWithTheExpressionThatAwaitsIt) {
  std::vector<std::string> notes;
  const auto body = [](std::vector<std::string>& into, bool waits) -> Awaitable<int> {
    const int value = co_await hold(Note(into, "parameter"), waits);
    into.push_back("behind");
    co_return value;
  };
  EXPECT_EQ(test::await(body(notes, GetParam())), 7);
  EXPECT_EQ(notes, (std::vector<std::string>{"parameter", "behind"}));
}

TEST_P(AwaitableTest, ALoopOfThemNeedsNoMoreStackThanOne) {
  const auto sum = [](bool waits) -> Awaitable<int> {
    int total = 0;
    for (int i = 0; i < 200'000; ++i) total += *co_await make(1, waits);
    co_return total;
  };
  EXPECT_EQ(test::await(sum(GetParam())), 200'000);
}

TEST(Awaitable, OneThatIsNeverAwaitedIsFreed) {
  std::vector<std::string> notes;
  {
    const auto unused = hold(Note(notes, "parameter"), false);
    EXPECT_TRUE(notes.empty());
  }
  EXPECT_EQ(notes, std::vector<std::string>{"parameter"});
}

TEST(Awaitable, ManyThatWaitForEachOtherEndOneAfterTheOther) {
  EXPECT_EQ(test::await(dive(2'000)), 2'000);
}

TEST(Awaitable, OthersRunDuringATurn) {
  std::vector<int> order;
  IoThread io;
  const auto twice = [](std::vector<int>& into, int number) -> Awaitable<> {
    into.push_back(number);
    co_await next_turn();
    into.push_back(number);
  };
  spawn(io.context(), twice(order, 1));
  spawn(io.context(), twice(order, 2));
  EXPECT_TRUE(order.empty()) << "this is not the loop's thread";
  io.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 1, 2}));
}

TEST(Awaitable, OneThatIsSpawnedWithinAnotherBeginsAtOnce) {
  std::vector<int> order;
  IoThread io;
  const auto inner = [](std::vector<int>& into) -> Awaitable<> {
    into.push_back(2);
    co_await next_turn();
    into.push_back(4);
  };
  const auto outer = [&inner](std::vector<int>& into) -> Awaitable<> {
    into.push_back(1);
    spawn(loop(), inner(into));
    into.push_back(3);
    co_return;
  };
  spawn(io.context(), outer(order));
  io.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(Awaitable, SpawningTellsTheEnd) {
  IoThread io;
  std::optional<int> given;
  std::exception_ptr thrown;
  spawn(io.context(), dive(3), [&](const std::exception_ptr& exception, std::optional<int> result) {
    EXPECT_FALSE(exception);
    given = result;
  });
  spawn(io.context(), fail(true), [&](std::exception_ptr exception, std::optional<int> result) {
    EXPECT_FALSE(result);
    thrown = std::move(exception);
  });
  io.run();
  EXPECT_EQ(given, 3);
  EXPECT_THROW(std::rethrow_exception(thrown), std::runtime_error);
}

TEST(Awaitable, OneThatNeverBeganIsFreedWithItsLoop) {
  std::vector<std::string> notes;
  {
    IoThread io;
    spawn(io.context(), hold(Note(notes, "parameter"), true),
          [](const std::exception_ptr&, std::optional<int>) {});
  }
  EXPECT_EQ(notes, std::vector<std::string>{"parameter"});
}

TEST(Awaitable, AnOperationGivesWhatItsHandlerGot) {
  const auto wait = [](bool cancels) -> Awaitable<boost::system::error_code> {
    boost::asio::steady_timer timer(loop(), std::chrono::hours(cancels ? 1 : 0));
    const auto [error] = co_await operation<boost::system::error_code>([&](auto handler) {
      timer.async_wait(std::move(handler));
      if (cancels) timer.cancel();
    });
    co_return error;
  };
  EXPECT_EQ(test::await(wait(true)), boost::asio::error::operation_aborted);
  EXPECT_FALSE(test::await(wait(false)));
}

}  // namespace
}  // namespace eventodb::base
