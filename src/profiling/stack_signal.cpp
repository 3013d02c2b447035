#include "profiling/stack_signal.hpp"

#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>

#include "profiling/stack_trace.hpp"

namespace eventodb::profiling {
namespace {

constexpr int kSignal = SIGURG;  // ignored by default, so one that comes late does no harm
constexpr std::size_t kFramesMax = 64;

enum class Step : int { kFree, kAsked, kAnswering, kAnswered, kGivenUp };

/// One question to one thread. It travels with the signal. The thread may be anywhere between
/// "signal queued" and "handler done" when we stop waiting, so a question is never freed, and used
/// again only when its answer is complete.
struct Question {
  std::atomic<Step> step{Step::kFree};
  pid_t thread = 0;
  sem_t answered;
  std::array<std::uintptr_t, kFramesMax> frames;
  std::size_t depth = 0;
};

std::mutex one_at_a_time;
std::vector<std::unique_ptr<Question>>& questions() {
  static auto* const all = new std::vector<std::unique_ptr<Question>>;  // outlives every thread
  return *all;
}

pid_t this_thread() {
  return static_cast<pid_t>(syscall(SYS_gettid));
}

/// Runs on the asked thread, wherever that was: only what is safe in a signal handler.
void answer(int, siginfo_t* info, void* context) {
  if (info->si_code != SI_QUEUE || info->si_pid != getpid()) return;
  const int saved_errno = errno;
  auto* question = static_cast<Question*>(info->si_value.sival_ptr);
  Step expected = Step::kAsked;
  if (question->thread == this_thread() &&
      question->step.compare_exchange_strong(expected, Step::kAnswering)) {
    question->depth = capture_stack(question->frames, context);
    question->step.store(Step::kAnswered);
    sem_post(&question->answered);
  }
  errno = saved_errno;
}

bool install_handler() {
  struct sigaction action {};
  action.sa_sigaction = &answer;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(kSignal, &action, nullptr) == 0;
}

/// A question no other thread can still be asked. One this very thread let pass will do: whichever
/// of the two signals it takes first, the answer is right.
Question& question_for(pid_t thread) {
  for (const auto& question : questions()) {
    const Step step = question->step.load();
    if (step == Step::kFree || (step == Step::kGivenUp && question->thread == thread)) {
      return *question;
    }
  }
  questions().push_back(std::make_unique<Question>());
  sem_init(&questions().back()->answered, 0, 0);
  return *questions().back();
}

bool send(pid_t thread, Question& question) {
  siginfo_t info;
  std::memset(&info, 0, sizeof(info));
  info.si_signo = kSignal;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_ptr = &question;
  return syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, kSignal, &info) == 0;
}

/// Waits on the steady clock; true when the thread has answered.
bool wait_for(Question& question, std::chrono::milliseconds time) {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const auto nanoseconds = until.tv_nsec + (time.count() % 1000) * 1'000'000;
  until.tv_sec += time.count() / 1000 + nanoseconds / 1'000'000'000;
  until.tv_nsec = nanoseconds % 1'000'000'000;
  while (sem_clockwait(&question.answered, CLOCK_MONOTONIC, &until) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

/// The same, but not for a thread that has ended: one takes no signals on its way out.
bool wait_while_alive(Question& question, std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kLook{20};
  for (; time > kLook; time -= kLook) {
    if (wait_for(question, kLook)) return true;
    if (syscall(SYS_tgkill, getpid(), question.thread, 0) != 0) return false;
  }
  return wait_for(question, time);
}

}  // namespace

StackSignal::StackSignal() : turn_(one_at_a_time) {
  static const bool installed = install_handler();
  static_cast<void>(installed);
}

std::vector<std::uintptr_t> StackSignal::stack_of(pid_t thread,
                                                  std::chrono::milliseconds answer_time) {
  Question& question = question_for(thread);
  question.thread = thread;
  question.step.store(Step::kAsked);
  if (!send(thread, question)) {
    question.step.store(Step::kFree);
    return {};
  }
  if (!wait_while_alive(question, answer_time)) {
    Step expected = Step::kAsked;
    if (question.step.compare_exchange_strong(expected, Step::kGivenUp)) return {};
    // It is answering now and cannot block: its post follows.
    while (sem_wait(&question.answered) != 0) {
    }
  }
  std::vector<std::uintptr_t> stack(question.frames.begin(),
                                    question.frames.begin() + static_cast<long>(question.depth));
  question.step.store(Step::kFree);
  return stack;
}

}  // namespace eventodb::profiling
