#include "net/debug_worker.hpp"

#include <exception>

#include "base/thread_name.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::net {

struct DebugWorker::Job : base::ThreadHop {
  explicit Job(const std::function<void()>& the_work) : work(the_work) {}

  const std::function<void()>& work;
  std::exception_ptr thrown;
};

DebugWorker::~DebugWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Awaitable<bool> DebugWorker::run(const std::function<void()>& work) {
  if (!reserve()) co_return false;
  Job job(work);
  co_await job.suspend([this, &job] { push(job); });
  if (job.thrown) std::rethrow_exception(job.thrown);
  co_return true;
}

bool DebugWorker::reserve() {
  const std::lock_guard lock(mutex_);
  if (jobs_ == limits::kDebugJobsMax) return false;
  if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
  ++jobs_;
  return true;
}

void DebugWorker::push(Job& job) {
  job.next_hop = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (last_ != nullptr) last_->next_hop = &job;
    if (first_ == nullptr) first_ = &job;
    last_ = &job;
  }
  changed_.notify_one();
}

void DebugWorker::serve() {
  base::name_thread("debug", 0);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return first_ != nullptr || stopping_; });
    if (first_ == nullptr) return;
    Job& job = *first_;
    first_ = static_cast<Job*>(job.next_hop);
    if (first_ == nullptr) last_ = nullptr;
    lock.unlock();
    try {
      job.work();
    } catch (...) {
      job.thrown = std::current_exception();
    }
    lock.lock();
    --jobs_;
    job.finish();  // ends the job's life
  }
}

}  // namespace eventodb::net
