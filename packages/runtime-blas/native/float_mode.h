// Whether floats too small for a full exponent are kept, or count as zero and become zero: a mode
// of the thread.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vorab::blas {

class FloatMode {
 public:
#if defined(__x86_64__)
  static constexpr uint64_t kFlush = 0x8040;  // of results, and of operands
  static FloatMode here() { return FloatMode(_mm_getcsr()); }
  void set() const { _mm_setcsr(static_cast<uint32_t>(bits_)); }
#elif defined(__aarch64__)
  static constexpr uint64_t kFlush = 1u << 24;
  static FloatMode here() {
    uint64_t bits;
    asm volatile("mrs %0, fpcr" : "=r"(bits));
    return FloatMode(bits);
  }
  void set() const { asm volatile("msr fpcr, %0" : : "r"(bits_)); }
#else
  static constexpr uint64_t kFlush = 0;
  static FloatMode here() { return FloatMode(0); }
  void set() const {}
#endif
  static constexpr bool kCanFlush = kFlush != 0;

  FloatMode() = default;
  FloatMode flushing(bool flush) const {
    return FloatMode(flush ? bits_ | kFlush : bits_ & ~kFlush);
  }
  bool operator==(const FloatMode&) const = default;

 private:
  explicit FloatMode(uint64_t bits) : bits_(bits) {}
  uint64_t bits_ = 0;
};

// Sets this thread's mode, and the old one again.
class DenormalScope {
 public:
  explicit DenormalScope(bool flush) : before_(FloatMode::here()) {
    const FloatMode wanted = before_.flushing(flush);
    changes_ = wanted != before_;
    if (changes_) wanted.set();
  }
  ~DenormalScope() {
    if (changes_) before_.set();
  }
  DenormalScope(const DenormalScope&) = delete;
  DenormalScope& operator=(const DenormalScope&) = delete;

 private:
  const FloatMode before_;
  bool changes_;
};

}  // namespace vorab::blas
