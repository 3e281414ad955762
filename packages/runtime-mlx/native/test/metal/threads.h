// Metal's execution model for tests: the threads of one threadgroup as fibers on one thread of the
// host. Whichever fiber may go on is chosen at random, so that a result that depends on the order
// of threads, or lacks a barrier, differs from seed to seed. This emulates; no Metal runs here.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace emulator {

inline constexpr uint32_t kSimdWidth = 32;
inline constexpr size_t kStack = 1 << 16;

class Threadgroup {
 public:
  explicit Threadgroup(uint32_t seed) : random_(seed) {}

  // Runs body(i) for each thread i, until all have returned.
  void run(uint32_t threads, const std::function<void(uint32_t)>& body) {
    body_ = &body;
    current_ = this;
    while (fibers_.size() < threads) fibers_.push_back(std::make_unique<Fiber>());
    fibers_.resize(threads);
    simdgroups_.assign((threads + kSimdWidth - 1) / kSimdWidth, {});
    barrier_ = {};
    able_.clear();
    for (uint32_t i = 0; i < threads; ++i) begin(*fibers_[i], i);
    for (uint32_t left = threads; left > 0;) {
      running_ = &choose();
      swapcontext(&home_, &running_->context);
      if (running_->done) --left;
    }
  }

  // threadgroup_barrier: no thread goes on before all have come.
  static void barrier() {
    Threadgroup& group = *current_;
    group.meet(group.barrier_, static_cast<uint32_t>(group.fibers_.size()));
  }

  // The value of the thread of this simdgroup whose number differs in the bits of mask.
  template <class T>
  static T shuffle_xor(T value, uint32_t mask) {
    static_assert(sizeof(T) <= sizeof(uint64_t));
    Threadgroup& group = *current_;
    Fiber& self = *group.running_;
    const uint32_t lane = self.index % kSimdWidth;
    Simdgroup& simd = group.simdgroups_[self.index / kSimdWidth];
    // Two slots in turn: nobody is two shuffles ahead of somebody else.
    const uint64_t slot = self.shuffles++ % 2;
    std::memcpy(&simd.values[slot][lane], &value, sizeof(T));
    group.meet(simd.waiting, kSimdWidth);
    T result;
    std::memcpy(&result, &simd.values[slot][lane ^ mask], sizeof(T));
    return result;
  }

 private:
  struct Fiber {
    // Not cleared: a threadgroup of many threads begins often.
    std::unique_ptr<char[]> stack{new char[kStack]};
    uint32_t index;
    ucontext_t context;
    bool done;
    uint64_t shuffles;
  };
  struct Simdgroup {
    uint64_t values[2][kSimdWidth];
    std::vector<Fiber*> waiting;
  };

  void begin(Fiber& fiber, uint32_t index) {
    fiber.index = index;
    fiber.done = false;
    fiber.shuffles = 0;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStack;
    fiber.context.uc_link = &home_;
    makecontext(&fiber.context, &Threadgroup::enter, 0);
    able_.push_back(&fiber);
  }

  static void enter() {
    Threadgroup& group = *current_;
    (*group.body_)(group.running_->index);
    group.running_->done = true;
  }

  // The last of `all` that comes lets everybody go on.
  void meet(std::vector<Fiber*>& waiting, uint32_t all) {
    Fiber& self = *running_;
    waiting.push_back(&self);
    if (waiting.size() == all) {
      able_.insert(able_.end(), waiting.begin(), waiting.end());
      waiting.clear();
    }
    swapcontext(&self.context, &home_);
  }

  Fiber& choose() {
    if (able_.empty()) {
      std::fprintf(stderr, "the threads of a threadgroup wait for each other for ever\n");
      std::exit(1);
    }
    std::swap(able_[random_() % able_.size()], able_.back());
    Fiber& chosen = *able_.back();
    able_.pop_back();
    return chosen;
  }

  inline static Threadgroup* current_ = nullptr;
  std::mt19937 random_;
  const std::function<void(uint32_t)>* body_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> able_;
  std::vector<Simdgroup> simdgroups_;
  std::vector<Fiber*> barrier_;
  Fiber* running_ = nullptr;
  ucontext_t home_;
};

}  // namespace emulator
