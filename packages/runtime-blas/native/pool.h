// One pool of threads per process and thread count. Work is cut into tasks by shape alone; which
// thread takes which task changes nothing about the result. The caller takes part; sleeping workers
// are woken but never waited for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "float_mode.h"

namespace vorab::blas {

class Pool {
 public:
  // Shared by all sessions that ask for the same number of threads.
  static std::shared_ptr<Pool> shared(int threads);

  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }

  // body(task, thread) for every task in [0, tasks), in the caller's float mode; thread <
  // threads(). Not re-entrant from a body.
  template <class Body>
  void run(int64_t tasks, const Body& body) {
    run_raw(
        tasks,
        [](const void* context, int64_t task, int thread) {
          (*static_cast<const Body*>(context))(task, thread);
        },
        &body);
  }

 private:
  using Function = void (*)(const void* context, int64_t task, int thread);

  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  void run_raw(int64_t tasks, Function function, const void* context);
  void work(int thread);
  void worker(int thread);
  void wait_for_work(uint32_t seen);

  const int threads_;
  std::vector<Share> shares_;
  Function function_ = nullptr;
  const void* context_ = nullptr;
  FloatMode mode_;
  alignas(64) std::atomic<uint32_t> generation_{0};  // odd while a region is open
  alignas(64) std::atomic<int> active_{0};
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::atomic_flag busy_;
  std::vector<std::thread> workers_;
};

}  // namespace vorab::blas
