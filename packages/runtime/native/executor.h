// One thread that does a session's work in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace vorab::runtime {

// Something to do on the executor's thread. `cancelled` is set by the thread that posts.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  virtual void execute() noexcept = 0;

  uint64_t id = 0;
  std::atomic<int32_t> cancelled{0};
};

using TaskPointer = std::unique_ptr<Task>;

// All public functions are for the one thread that owns the executor (the JavaScript thread),
// wake() aside.
class Executor {
 public:
  // `housekeeping` runs on the executor's thread when woken and before each task; `finished` runs
  // there when the list of finished tasks stops being empty.
  Executor(size_t capacity, std::function<void()> housekeeping, std::function<void()> finished);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  ~Executor();

  // False, and the task untouched: the queue is full (`always`: never) or stopped.
  bool post(TaskPointer& task, bool always = false);

  // A queued task is taken out and returned; a running one is told.
  TaskPointer cancel(uint64_t id);

  // Waits until nothing is queued or running.
  void wait_idle();

  // Waits for what is queued, then runs `work` on the executor's thread while the caller blocks.
  void run_and_wait(const std::function<void()>& work);

  std::vector<TaskPointer> take_finished();

  // There is something to release.
  void wake();

  // Cancels what runs, drops what is queued, runs `last` on the thread, joins.
  void stop(std::function<void()> last);

  bool idle() const { return outstanding_.load(std::memory_order_acquire) == 0; }
  size_t outstanding() const { return outstanding_.load(std::memory_order_acquire); }

 private:
  void loop();
  bool has_work() const;  // under the lock
  void watch() const;     // for work that comes soon, without it

  const size_t capacity_;
  const std::function<void()> housekeeping_;
  const std::function<void()> finished_callback_;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable idle_;
  std::deque<TaskPointer> queue_;
  Task* running_ = nullptr;
  std::vector<TaskPointer> finished_;
  const std::function<void()>* blocking_ = nullptr;
  std::function<void()> last_;
  bool woken_ = false;
  bool stopping_ = false;
  std::atomic<bool> asked_{false};  // since the thread last looked for work
  std::atomic<size_t> outstanding_{0};
  std::thread thread_;
};

}  // namespace vorab::runtime
