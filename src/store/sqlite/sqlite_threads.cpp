#include "store/sqlite/sqlite_threads.hpp"

#include <algorithm>
#include <utility>

#include "base/thread_name.hpp"

namespace eventodb::store::sqlite {

WorkerPool::WorkerPool(const char* role, std::size_t threads) {
  sleeping_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, role, i] {
      base::name_thread(role, i);
      work();
    });
  }
}

void WorkerPool::push(Job& job) {
  job.next_job = nullptr;
  const std::lock_guard lock(mutex_);
  if (sleeping_.empty()) {
    (first_ == nullptr ? first_ : last_->next_job) = &job;
    last_ = &job;
    queued_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Sleeper& sleeper = *sleeping_.back();
  sleeping_.pop_back();
  sleeper.job = &job;
  // Under the lock: a thread that wakes by itself would take its job, and its Sleeper might end.
  sleeper.wake.notify_one();
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (Sleeper* sleeper : sleeping_) sleeper->wake.notify_one();
  }
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::work() {
  Sleeper self;
  std::unique_lock lock(mutex_);
  while (Job* job = next_job(lock, self)) {
    lock.unlock();
    job->run();
    lock.lock();
  }
}

Job* WorkerPool::next_job(std::unique_lock<std::mutex>& lock, Sleeper& self) {
  if (first_ != nullptr) {
    Job* job = first_;
    first_ = job->next_job;
    queued_.fetch_sub(1, std::memory_order_relaxed);
    return job;
  }
  if (stopped_) return nullptr;
  sleeping_.push_back(&self);
  self.wake.wait(lock, [&] { return self.job != nullptr || stopped_; });
  if (self.job == nullptr) std::erase(sleeping_, &self);
  return std::exchange(self.job, nullptr);
}

IndexPool::IndexPool(std::size_t threads, std::chrono::milliseconds delay) : delay_(delay) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i] {
      base::name_thread("indexer", i);
      work();
    });
  }
}

void IndexPool::push_later(DelayedJob& job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || job.queue_ != DelayedJob::Queue::kNone) return;
    job.queue_ = DelayedJob::Queue::kDelayed;
    job.due_ = std::chrono::steady_clock::now() + delay_;
    delayed_.push_back(job);
  }
  changed_.notify_one();
}

void IndexPool::push_now(DelayedJob& job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || job.queue_ == DelayedJob::Queue::kUrgent) return;
    unlink(job);
    job.queue_ = DelayedJob::Queue::kUrgent;
    urgent_.push_back(job);
  }
  changed_.notify_one();
}

void IndexPool::cancel(DelayedJob& job) {
  std::unique_lock lock(mutex_);
  unlink(job);
  job_ended_.wait(
      lock, [&] { return std::find(running_.begin(), running_.end(), &job) == running_.end(); });
}

void IndexPool::unlink(DelayedJob& job) {
  if (job.queue_ == DelayedJob::Queue::kDelayed) delayed_.erase(delayed_.iterator_to(job));
  if (job.queue_ == DelayedJob::Queue::kUrgent) urgent_.erase(urgent_.iterator_to(job));
  job.queue_ = DelayedJob::Queue::kNone;
}

void IndexPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    while (!delayed_.empty()) unlink(delayed_.front());
    while (!urgent_.empty()) unlink(urgent_.front());
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void IndexPool::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    DelayedJob* job = nullptr;
    if (!urgent_.empty()) {
      job = &urgent_.front();
    } else if (!delayed_.empty()) {
      job = &delayed_.front();
      if (job->due_ > std::chrono::steady_clock::now()) {
        // A copy: the job may be cancelled and freed while this thread waits.
        const auto due = job->due_;
        changed_.wait_until(lock, due);
        continue;
      }
    } else {
      changed_.wait(lock);
      continue;
    }
    unlink(*job);
    running_.push_back(job);
    lock.unlock();
    job->run();
    lock.lock();
    running_.erase(std::find(running_.begin(), running_.end(), job));
    job_ended_.notify_all();
  }
}

}  // namespace eventodb::store::sqlite
