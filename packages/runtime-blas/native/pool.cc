#include "pool.h"

#include <map>
#include <mutex>

#include "runtime/native/pause.h"

namespace vorab::blas {
namespace {

// About a third of a millisecond: longer than the gaps within a call and between the calls of a
// loop.
constexpr int kSpins = 20000;
constexpr int kSpinsBeforeYield = 2000;

}  // namespace

std::shared_ptr<Pool> Pool::shared(int threads) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<Pool>> pools;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Pool> pool = pools[threads].lock();
  if (!pool) pools[threads] = pool = std::make_shared<Pool>(threads);
  return pool;
}

Pool::Pool(int threads) : threads_(threads), shares_(static_cast<size_t>(threads)) {
  for (int t = 1; t < threads; ++t) workers_.emplace_back([this, t] { worker(t); });
}

Pool::~Pool() {
  stop_.store(true);
  generation_.fetch_add(2);
  generation_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::run_raw(int64_t tasks, Function function, const void* context) {
  // Another session's region is open: this one's tasks run here, with the same result.
  if (threads_ == 1 || tasks <= 1 || busy_.test_and_set(std::memory_order_acquire)) {
    for (int64_t task = 0; task < tasks; ++task) function(context, task, 0);
    return;
  }
  function_ = function;
  context_ = context;
  mode_ = FloatMode::here();
  for (int t = 0; t < threads_; ++t) {
    Share& share = shares_[static_cast<size_t>(t)];
    share.next.store(tasks * t / threads_, std::memory_order_relaxed);
    share.end = tasks * (t + 1) / threads_;
  }
  generation_.fetch_add(1);
  if (sleepers_.load() > 0) generation_.notify_all();
  work(0);
  generation_.fetch_add(1);
  for (int spins = 0; active_.load() != 0; ++spins) {
    if (spins < kSpinsBeforeYield)
      pause();
    else
      std::this_thread::yield();
  }
  busy_.clear(std::memory_order_release);
}

// Own share first, then what the others have left.
void Pool::work(int thread) {
  for (int i = 0; i < threads_; ++i) {
    Share& share = shares_[static_cast<size_t>((thread + i) % threads_)];
    for (;;) {
      const int64_t task = share.next.fetch_add(1, std::memory_order_relaxed);
      if (task >= share.end) break;
      function_(context_, task, thread);
    }
  }
}

void Pool::worker(int thread) {
  uint32_t seen = 0;
  FloatMode mode = FloatMode::here();
  for (;;) {
    // In this order: what stops changes the generation last, and so wakes who has seen the old one.
    const uint32_t current = generation_.load();
    if (stop_.load()) return;
    if (current == seen || (current & 1) == 0) {
      wait_for_work(current);
      continue;
    }
    seen = current;
    // Announce first, then look again: run_raw closes the region before it waits for `active_` to
    // fall to 0.
    active_.fetch_add(1);
    if (generation_.load() == current) {
      if (mode != mode_) (mode = mode_).set();
      work(thread);
    }
    active_.fetch_sub(1);
  }
}

void Pool::wait_for_work(uint32_t seen) {
  for (int spins = 0; spins < kSpins; ++spins) {
    if (generation_.load(std::memory_order_relaxed) != seen) return;
    pause();
  }
  sleepers_.fetch_add(1);
  generation_.wait(seen);
  sleepers_.fetch_sub(1);
}

}  // namespace vorab::blas
