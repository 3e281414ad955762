#include "runtime/native/executor.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/native/pause.h"

namespace vorab::runtime {

Executor::Executor(size_t capacity, std::function<void()> housekeeping,
                   std::function<void()> finished)
    : capacity_(capacity),
      housekeeping_(std::move(housekeeping)),
      finished_callback_(std::move(finished)),
      thread_([this] { loop(); }) {}

Executor::~Executor() { stop({}); }

bool Executor::post(TaskPointer& task, bool always) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (queue_.size() >= capacity_ && !always)) return false;
    queue_.push_back(std::move(task));
    asked_.store(true, std::memory_order_release);
    outstanding_.fetch_add(1, std::memory_order_relaxed);
  }
  ready_.notify_one();
  return true;
}

TaskPointer Executor::cancel(uint64_t id) {
  const std::lock_guard lock(mutex_);
  if (running_ != nullptr && running_->id == id) {
    running_->cancelled.store(1, std::memory_order_release);
    return nullptr;
  }
  const auto found = std::find_if(queue_.begin(), queue_.end(),
                                  [id](const TaskPointer& task) { return task->id == id; });
  if (found == queue_.end()) return nullptr;
  TaskPointer task = std::move(*found);
  queue_.erase(found);
  if (outstanding_.fetch_sub(1, std::memory_order_acq_rel) == 1) idle_.notify_all();
  return task;
}

void Executor::wait_idle() {
  if (idle()) return;
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return idle(); });
}

void Executor::run_and_wait(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  blocking_ = &work;
  asked_.store(true, std::memory_order_release);
  ready_.notify_one();
  idle_.wait(lock, [this] { return blocking_ == nullptr; });
}

std::vector<TaskPointer> Executor::take_finished() {
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

void Executor::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    asked_.store(true, std::memory_order_release);
  }
  ready_.notify_one();
}

void Executor::stop(std::function<void()> last) {
  std::deque<TaskPointer> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) last_ = std::move(last);
    stopping_ = true;
    asked_.store(true, std::memory_order_release);
    if (running_ != nullptr) running_->cancelled.store(1, std::memory_order_release);
    dropped.swap(queue_);
    outstanding_.fetch_sub(dropped.size(), std::memory_order_acq_rel);
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Executor::has_work() const {
  return stopping_ || woken_ || blocking_ != nullptr || !queue_.empty();
}

// To be woken takes ten times as long as a small task: what comes soon after another one finds the
// thread awake. One CPU alone is left to who posts.
void Executor::watch() const {
  static const bool alone = std::thread::hardware_concurrency() == 1;
  constexpr auto kSoon = std::chrono::microseconds(50);
  if (alone) return;
  const auto until = std::chrono::steady_clock::now() + kSoon;
  while (!asked_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < until)
    pause();
}

void Executor::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!has_work()) {
      lock.unlock();
      watch();
      lock.lock();
    }
    ready_.wait(lock, [this] { return has_work(); });
    asked_.store(false, std::memory_order_relaxed);
    woken_ = false;
    if (stopping_) {
      lock.unlock();
      if (last_) last_();
      return;
    }
    if (queue_.empty()) {
      lock.unlock();
      housekeeping_();
      lock.lock();
      // Something may have been queued meanwhile, but never after a blocking caller: it is the only
      // producer.
      if (blocking_ != nullptr && queue_.empty()) {
        const std::function<void()>* work = blocking_;
        lock.unlock();
        (*work)();
        lock.lock();
        blocking_ = nullptr;
        idle_.notify_all();
      }
      continue;
    }
    TaskPointer task = std::move(queue_.front());
    queue_.pop_front();
    running_ = task.get();
    lock.unlock();
    housekeeping_();
    task->execute();
    lock.lock();
    running_ = nullptr;
    const bool first = finished_.empty();
    finished_.push_back(std::move(task));
    if (outstanding_.fetch_sub(1, std::memory_order_acq_rel) == 1) idle_.notify_all();
    if (first) {
      lock.unlock();
      finished_callback_();
      lock.lock();
    }
  }
}

}  // namespace vorab::runtime
