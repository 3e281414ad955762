// As much of Metal's language as kernels use, in C++, for tests. Math is the C library's: what is
// told of accuracy is told of the formulas around it.
#pragma once

#include <cmath>

#include "threads.h"

#define device
#define constant
// One threadgroup runs at a time.
#define threadgroup static

using uint = uint32_t;
using ushort = uint16_t;
using ulong = uint64_t;
using half = _Float16;

struct bfloat16_t {
  bfloat16_t() = default;
  explicit bfloat16_t(float x) {
    uint32_t word;
    std::memcpy(&word, &x, sizeof word);
    const bool nan = x != x;
    bits = static_cast<uint16_t>(nan ? 0x7fc0 : (word + 0x7fff + ((word >> 16) & 1)) >> 16);
  }
  operator float() const {
    const uint32_t word = uint32_t{bits} << 16;
    float x;
    std::memcpy(&x, &word, sizeof x);
    return x;
  }
  uint16_t bits;
};

struct uint2 {
  uint x, y;
};
struct uint3 {
  uint x, y, z;
};

template <class To, class From>
To as_type(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(static_cast<void*>(&to), &from, sizeof to);
  return to;
}

namespace metal {

enum class mem_flags { mem_threadgroup };

template <class T>
T simd_shuffle_xor(T value, ushort mask) {
  // Metal has it for numbers of 16 and 32 bits, and vectors of these.
  static_assert(sizeof(T) == 4 || sizeof(T) == 2 || std::is_same_v<T, uint2>);
  return emulator::Threadgroup::shuffle_xor(value, mask);
}

inline float abs(float x) { return std::fabs(x); }
inline float floor(float x) { return std::floor(x); }
inline float ceil(float x) { return std::ceil(x); }
inline float rint(float x) { return std::nearbyint(x); }
inline float trunc(float x) { return std::trunc(x); }
inline float fmod(float x, float y) { return std::fmod(x, y); }
inline float fma(float x, float y, float z) { return std::fma(x, y, z); }
inline float copysign(float x, float y) { return std::copysign(x, y); }
inline bool isnan(float x) { return std::isnan(x); }
inline bool isinf(float x) { return std::isinf(x); }
inline bool isfinite(float x) { return std::isfinite(x); }

namespace precise {

inline float divide(float x, float y) { return x / y; }
inline float pow(float x, float y) { return std::pow(x, y); }
inline float atan2(float y, float x) { return std::atan2(y, x); }
#define VORAB_PRECISE(name) \
  inline float name(float x) { return std::name(x); }
VORAB_PRECISE(exp)
VORAB_PRECISE(exp2)
VORAB_PRECISE(log)
VORAB_PRECISE(log2)
VORAB_PRECISE(sqrt)
VORAB_PRECISE(sin)
VORAB_PRECISE(cos)
VORAB_PRECISE(tan)
VORAB_PRECISE(asin)
VORAB_PRECISE(acos)
VORAB_PRECISE(atan)
VORAB_PRECISE(sinh)
VORAB_PRECISE(cosh)
VORAB_PRECISE(tanh)
VORAB_PRECISE(asinh)
VORAB_PRECISE(acosh)
VORAB_PRECISE(atanh)
#undef VORAB_PRECISE

}  // namespace precise
}  // namespace metal

inline void threadgroup_barrier(metal::mem_flags) { emulator::Threadgroup::barrier(); }
