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
    barrier_ = 0;
    simdgroups_.assign((threads + kSimdWidth - 1) / kSimdWidth, {});
    while (fibers_.size() < threads) fibers_.push_back(std::make_unique<Fiber>());
    fibers_.resize(threads);
    for (uint32_t i = 0; i < threads; ++i) begin(*fibers_[i], i);
    for (uint32_t left = threads; left > 0;) {
      Fiber& next = choose();
      running_ = &next;
      swapcontext(&home_, &next.context);
      if (next.done) --left;
    }
  }

  // threadgroup_barrier: no thread goes on before all have come.
  static void barrier() {
    Threadgroup& group = *current_;
    Fiber& self = *group.running_;
    self.barriers += group.fibers_.size();
    ++group.barrier_;
    group.wait([&group, &self] { return group.barrier_ >= self.barriers; });
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
    ++simd.arrived;
    const uint64_t needed = self.shuffles * kSimdWidth;
    group.wait([&simd, needed] { return simd.arrived >= needed; });
    T result;
    std::memcpy(&result, &simd.values[slot][lane ^ mask], sizeof(T));
    return result;
  }

 private:
  struct Simdgroup {
    uint64_t values[2][kSimdWidth];
    uint64_t arrived = 0;
  };
  struct Fiber {
    // Not cleared: a threadgroup of many threads begins often.
    std::unique_ptr<char[]> stack{new char[kStack]};
    uint32_t index;
    ucontext_t context;
    std::function<bool()> ready;  // empty: it may go on
    bool done;
    uint64_t barriers;
    uint64_t shuffles;
  };

  void begin(Fiber& fiber, uint32_t index) {
    fiber.index = index;
    fiber.ready = nullptr;
    fiber.done = false;
    fiber.barriers = 0;
    fiber.shuffles = 0;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStack;
    fiber.context.uc_link = &home_;
    makecontext(&fiber.context, &Threadgroup::enter, 0);
  }

  static void enter() {
    Threadgroup& group = *current_;
    (*group.body_)(group.running_->index);
    group.running_->done = true;
  }

  void wait(std::function<bool()> ready) {
    Fiber& self = *running_;
    self.ready = std::move(ready);
    swapcontext(&self.context, &home_);
    self.ready = nullptr;
  }

  Fiber& choose() {
    std::vector<Fiber*> able;
    for (const auto& fiber : fibers_) {
      if (!fiber->done && (!fiber->ready || fiber->ready())) able.push_back(fiber.get());
    }
    if (able.empty()) {
      std::fprintf(stderr, "the threads of a threadgroup wait for each other for ever\n");
      std::exit(1);
    }
    return *able[random_() % able.size()];
  }

  inline static Threadgroup* current_ = nullptr;
  std::mt19937 random_;
  const std::function<void(uint32_t)>* body_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Simdgroup> simdgroups_;
  uint64_t barrier_ = 0;
  Fiber* running_ = nullptr;
  ucontext_t home_;
};

}  // namespace emulator
