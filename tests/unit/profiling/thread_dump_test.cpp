#include "profiling/thread_dump.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/thread_name.hpp"
#include "profiling/symbols.hpp"

namespace eventodb::profiling {
namespace {

constexpr auto kLong = std::chrono::seconds(60);

pid_t this_thread() {
  return static_cast<pid_t>(syscall(SYS_gettid));
}

const ThreadReport* find(const std::vector<ThreadReport>& threads, pid_t id) {
  const auto found = std::find_if(threads.begin(), threads.end(),
                                  [id](const ThreadReport& thread) { return thread.id == id; });
  return found == threads.end() ? nullptr : &*found;
}

bool goes_through(const ThreadReport& thread, std::string_view function) {
  Symbols symbols;
  return std::any_of(thread.stack.begin(), thread.stack.end(), [&](std::uintptr_t frame) {
    return symbols.name_of(frame - 1).find(function) != std::string::npos;
  });
}

/// A thread that sits in wait_for_the_end() until it is told to go.
class WaitingThread {
 public:
  WaitingThread() : thread_([this] { run(); }) { started_.wait(); }
  ~WaitingThread() {
    end_.count_down();
    thread_.join();
  }
  pid_t id() const { return id_; }

 private:
  void run() {
    base::name_thread("waiter", 7);
    id_ = this_thread();
    wait_for_the_end();
  }
  __attribute__((noinline)) void wait_for_the_end() {
    started_.count_down();
    end_.wait();
    asm volatile("");  // not a tail call
  }

  std::latch started_{1};
  std::latch end_{1};
  pid_t id_ = 0;
  std::thread thread_;
};

TEST(ThreadDumpTest, ShowsNameAndStackOfASleepingThread) {
  const WaitingThread waiting;
  const auto threads = report_threads(kLong);
  const ThreadReport* report = find(threads, waiting.id());
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->name, "waiter-7");
  EXPECT_TRUE(goes_through(*report, "wait_for_the_end"));
  EXPECT_FALSE(goes_through(*report, "capture_stack")) << "the signal handler shows";
}

TEST(ThreadDumpTest, ShowsTheCallingThreadToo) {
  const auto threads = report_threads(kLong);
  const ThreadReport* report = find(threads, this_thread());
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->state, 'R');
  EXPECT_TRUE(goes_through(*report, "report_threads"));
}

TEST(ThreadDumpTest, CountsProcessorTime) {
  const std::clock_t until = std::clock() + CLOCKS_PER_SEC / 10;
  while (std::clock() < until) {
  }
  const auto threads = report_threads(kLong);
  const ThreadReport* report = find(threads, this_thread());
  ASSERT_NE(report, nullptr);
  EXPECT_GT((report->user_time + report->system_time).count(), 0);
}

/// The calling thread answers no more. What it blocked.
sigset_t block_questions() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGURG);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

TEST(ThreadDumpTest, AThreadThatCannotAnswerIsReportedWithoutStackAndAnswersLater) {
  std::latch blocked(1);
  std::latch unblock(1);
  std::latch unblocked(1);
  std::latch end(1);
  pid_t id = 0;
  std::thread deaf([&] {
    const sigset_t signals = block_questions();
    id = this_thread();
    blocked.count_down();
    unblock.wait();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    unblocked.count_down();
    end.wait();
  });
  blocked.wait();
  for (int i = 0; i < 3; ++i) {
    const auto threads = report_threads(std::chrono::milliseconds(1));
    ASSERT_NE(find(threads, id), nullptr);
    EXPECT_TRUE(find(threads, id)->stack.empty());
  }
  unblock.count_down();
  unblocked.wait();
  const auto threads = report_threads(kLong);
  ASSERT_NE(find(threads, id), nullptr);
  EXPECT_FALSE(find(threads, id)->stack.empty());
  end.count_down();
  deaf.join();
}

TEST(ThreadDumpTest, AThreadThatEndsUnansweredIsNotWaitedFor) {
  std::latch blocked(1);
  pid_t id = 0;
  std::thread ending([&] {
    sigset_t signals = block_questions();
    id = this_thread();
    blocked.count_down();
    do {
      sigpending(&signals);
    } while (sigismember(&signals, SIGURG) == 0);  // asked: ends without an answer
  });
  blocked.wait();
  const auto threads = report_threads(std::chrono::hours(1));
  ending.join();
  ASSERT_NE(find(threads, id), nullptr);
  EXPECT_TRUE(find(threads, id)->stack.empty());
}

TEST(ThreadDumpTest, StaysRightWhileThreadsComeAndGoAndOthersAskToo) {
  std::atomic<bool> stop{false};
  std::thread churn([&] {
    while (!stop) std::thread([] {}).join();
  });
  const WaitingThread waiting;
  const auto ask = [&] {
    for (int i = 0; i < 50; ++i) {
      const auto threads = report_threads(kLong);
      const ThreadReport* report = find(threads, waiting.id());
      if (report == nullptr || report->name != "waiter-7" || report->stack.empty()) return false;
    }
    return true;
  };
  auto other = std::async(std::launch::async, ask);
  EXPECT_TRUE(ask());
  EXPECT_TRUE(other.get());
  stop = true;
  churn.join();
}

TEST(ThreadDumpTest, TextNamesThreadsAndFunctions) {
  const WaitingThread waiting;
  const std::string text = render_threads(report_threads(kLong));
  EXPECT_EQ(text.find("threads: "), 0u);
  EXPECT_NE(text.find("\"waiter-7\" state "), std::string::npos);
  EXPECT_NE(text.find("wait_for_the_end"), std::string::npos);
}

}  // namespace
}  // namespace eventodb::profiling
