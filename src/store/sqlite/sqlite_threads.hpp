#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace eventodb::store::sqlite {

/// Work for a storage thread, as an intrusive node: queueing it allocates nothing.
class Job {
 public:
  /// Runs on a storage thread; the job may be gone when it returns.
  virtual void run() noexcept = 0;

  Job* next_job = nullptr;  ///< for the queue that holds it

 protected:
  ~Job() = default;
};

/// Some threads that take jobs in the order they came. A job goes to the thread that ran last: its
/// stack, its statements' memory and its allocator's lists are still in the processor's cache, and
/// threads beyond what the load needs sleep on.
class WorkerPool {
 public:
  /// `role` names the threads.
  WorkerPool(const char* role, std::size_t threads);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// REQUIRES: the job is in no queue, and stop() was not called.
  void push(Job& job);
  /// Whether a job waits for a thread.
  bool has_queued() const { return queued_.load(std::memory_order_relaxed) != 0; }
  /// Runs what is queued, jobs that jobs push included, then ends the threads.
  void stop();

 private:
  struct Sleeper {
    std::condition_variable wake;
    Job* job = nullptr;  // what it was woken for
  };

  void work();
  /// The next job; waits for one. nullptr: the pool stopped.
  Job* next_job(std::unique_lock<std::mutex>& lock, Sleeper& self);

  std::mutex mutex_;
  Job* first_ = nullptr;  // jobs wait only while no thread sleeps
  Job* last_ = nullptr;
  std::atomic<std::size_t> queued_{0};
  std::vector<Sleeper*> sleeping_;  // the last one fell asleep last
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

/// A job of an IndexPool.
class DelayedJob : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::safe_link>> {
 public:
  virtual void run() noexcept = 0;

 protected:
  ~DelayedJob() = default;

 private:
  friend class IndexPool;
  enum class Queue : unsigned char { kNone, kDelayed, kUrgent };

  Queue queue_ = Queue::kNone;
  std::chrono::steady_clock::time_point due_;
};

/// Threads for work that is better done late, in large batches, unless it becomes urgent.
class IndexPool {
 public:
  IndexPool(std::size_t threads, std::chrono::milliseconds delay);
  ~IndexPool() { stop(); }
  IndexPool(const IndexPool&) = delete;
  IndexPool& operator=(const IndexPool&) = delete;

  /// Runs the job once after the delay; nothing when it is queued already.
  void push_later(DelayedJob& job);
  /// Runs the job once as soon as a thread is free.
  void push_now(DelayedJob& job);
  /// Forgets the job and waits until it is not running. REQUIRES: not called from the job.
  void cancel(DelayedJob& job);
  /// Forgets everything queued and ends the threads.
  void stop();

 private:
  using Queue = boost::intrusive::list<DelayedJob>;
  void work();
  void unlink(DelayedJob& job);

  const std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable job_ended_;
  std::vector<const DelayedJob*> running_;
  Queue delayed_;  // in the order they fall due: every job waits equally long
  Queue urgent_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace eventodb::store::sqlite
