// Fixed-size vectors over the compiler's vector extension. Everything here lives in the kernel
// set's own namespace, and uses no std function: a shared inline function compiled for AVX-512
// could be linked into the baseline set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#ifndef VORAB_ISA
#error "VORAB_ISA names the kernel set"
#endif

namespace vorab::blas::VORAB_ISA {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <class T, int N>
struct VecType {
  typedef T type __attribute__((vector_size(sizeof(T) * N)));
};
template <class T, int N>
using Vec = typename VecType<T, N>::type;

template <class V>
using Lane = std::remove_cvref_t<decltype(std::declval<V>()[0])>;
template <class V>
inline constexpr int kLanes = sizeof(V) / sizeof(Lane<V>);
template <class V>
inline constexpr bool kIsFloat = std::is_same_v<Lane<V>, float>;
template <class V>
inline constexpr bool kIsDouble = std::is_same_v<Lane<V>, double>;
template <class V>
inline constexpr bool kIsReal = std::is_floating_point_v<Lane<V>>;

template <size_t Bytes, bool Signed>
struct IntOf;
// clang-format off
template <> struct IntOf<1, true> { using type = int8_t; };
template <> struct IntOf<2, true> { using type = int16_t; };
template <> struct IntOf<4, true> { using type = int32_t; };
template <> struct IntOf<8, true> { using type = int64_t; };
template <> struct IntOf<1, false> { using type = uint8_t; };
template <> struct IntOf<2, false> { using type = uint16_t; };
template <> struct IntOf<4, false> { using type = uint32_t; };
template <> struct IntOf<8, false> { using type = uint64_t; };
// clang-format on

// The integer vector of the same lanes: what comparisons give, and what bits are.
template <class V>
using Mask = Vec<typename IntOf<sizeof(Lane<V>), true>::type, kLanes<V>>;
template <class V>
using Bits = Vec<typename IntOf<sizeof(Lane<V>), false>::type, kLanes<V>>;

template <class To, class From>
inline To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

template <class V>
inline V splat(Lane<V> x) {
  if constexpr (kIsReal<V>)
    return x - V{};  // V{} + x would turn -0.0 into 0.0
  else
    return V{} + x;
}

template <class V>
inline V select(Mask<V> mask, V yes, V no) {
  return mask ? yes : no;
}

// The first `count` lanes.
template <class V>
inline Mask<V> first_lanes(size_t count) {
  Mask<V> lane;
  for (int i = 0; i < kLanes<V>; ++i) lane[i] = i;
  return lane < static_cast<Lane<Mask<V>>>(count);
}

template <class V>
inline bool any_of(V mask) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32) return _mm256_testz_si256((__m256i)mask, (__m256i)mask) == 0;
#endif
  Lane<V> all = 0;
  for (int i = 0; i < kLanes<V>; ++i) all |= mask[i];
  return all != 0;
}

// Each lane as another type, in steps of twice or half the width: the compiler takes longer ones
// lane by lane. Where floats become shorter integers, their values fit those.
template <class To, class From>
inline To lanes_as(From x) {
  constexpr size_t kFrom = sizeof(Lane<From>), kTo = sizeof(Lane<To>);
#if defined(__AVX512F__)
  if constexpr (kFrom == 1 && sizeof(To) == 64 && kTo == 4) {
    const __m512i wide = std::is_signed_v<Lane<From>> ? _mm512_cvtepi8_epi32((__m128i)x)
                                                      : _mm512_cvtepu8_epi32((__m128i)x);
    return __builtin_convertvector((Vec<int32_t, 16>)wide, To);
  }
  if constexpr (std::is_integral_v<Lane<From>> && sizeof(From) == 64 && kFrom == 4 && kTo == 1)
    return (To)_mm512_cvtepi32_epi8((__m512i)x);
#endif
  constexpr bool kToReal = kIsReal<To> && !kIsReal<From> && kFrom < 4;
  constexpr size_t kStep = kToReal || kTo > 2 * kFrom ? 2 * kFrom
                           : kFrom <= 2 * kTo         ? 0
                           : kIsReal<From>            ? 4
                                                      : kFrom / 2;
  if constexpr (kStep == 0) {
    return __builtin_convertvector(x, To);
  } else {
    using Step = Vec<typename IntOf<kStep, true>::type, kLanes<To>>;
    return lanes_as<To>(__builtin_convertvector(x, Step));
  }
}

// Lane by lane through memory: a call per lane needs no registers, and builds stay quick.
template <class V, class F>
inline V map_lanes(V x, F f) {
  Lane<V> lanes[kLanes<V>];
  __builtin_memcpy(lanes, &x, sizeof x);
#pragma GCC unroll 1
  for (Lane<V>& lane : lanes) lane = f(lane);
  __builtin_memcpy(&x, lanes, sizeof x);
  return x;
}

template <class V, class F>
inline V map_lanes(V x, V y, F f) {
  Lane<V> lanes[kLanes<V>], others[kLanes<V>];
  __builtin_memcpy(lanes, &x, sizeof x);
  __builtin_memcpy(others, &y, sizeof y);
#pragma GCC unroll 1
  for (int i = 0; i < kLanes<V>; ++i) lanes[i] = f(lanes[i], others[i]);
  __builtin_memcpy(&x, lanes, sizeof x);
  return x;
}

// a * b + c, in one rounding where the hardware has it; callers are right either way.
template <class V>
inline V madd(V a, V b, V c) {
#if defined(__AVX512F__)
  if constexpr (kIsFloat<V> && sizeof(V) == 64)
    return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  if constexpr (kIsDouble<V> && sizeof(V) == 64)
    return (V)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#endif
#if defined(__FMA__)
  if constexpr (kIsFloat<V> && sizeof(V) == 32)
    return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  if constexpr (kIsDouble<V> && sizeof(V) == 32)
    return (V)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#endif
  return a * b + c;
}

template <class V>
inline V madd(V a, V b, Lane<V> c) {
  return madd(a, b, splat<V>(c));
}

template <class V>
inline V madd(V a, Lane<V> b, V c) {
  return madd(a, splat<V>(b), c);
}

template <class V>
inline V abs_of(V x) {
  if constexpr (kIsReal<V>) {
    using B = Bits<V>;
    return bits_as<V>(bits_as<B>(x) & (~B{} >> 1));
  } else if constexpr (std::is_signed_v<Lane<V>>) {
    return x < 0 ? -x : x;
  } else {
    return x;
  }
}

template <class V>
inline V copy_sign(V magnitude, V sign) {
  using B = Bits<V>;
  const B top = ~(~B{} >> 1);
  return bits_as<V>((bits_as<B>(magnitude) & ~top) | (bits_as<B>(sign) & top));
}

template <class V>
inline V sqrt_of(V x) {
#if defined(__AVX512F__)
  if constexpr (kIsFloat<V> && sizeof(V) == 64) return (V)_mm512_sqrt_ps((__m512)x);
  if constexpr (kIsDouble<V> && sizeof(V) == 64) return (V)_mm512_sqrt_pd((__m512d)x);
#endif
#if defined(__AVX__)
  if constexpr (kIsFloat<V> && sizeof(V) == 32) return (V)_mm256_sqrt_ps((__m256)x);
  if constexpr (kIsDouble<V> && sizeof(V) == 32) return (V)_mm256_sqrt_pd((__m256d)x);
#endif
#if defined(__SSE2__)
  if constexpr (kIsFloat<V> && sizeof(V) == 16) return (V)_mm_sqrt_ps((__m128)x);
  if constexpr (kIsDouble<V> && sizeof(V) == 16) return (V)_mm_sqrt_pd((__m128d)x);
#endif
  return map_lanes(x, [](Lane<V> v) -> Lane<V> {
    if constexpr (kIsFloat<V>) return __builtin_sqrtf(v);
    return static_cast<Lane<V>>(__builtin_sqrt(v));
  });
}

// Past the caches; `to` lies on whole vectors.
template <class V>
inline void stream_vector(void* to, V x) {
#if defined(__AVX512F__)
  _mm512_stream_si512(static_cast<__m512i*>(to), (__m512i)x);
#elif defined(__AVX2__)
  _mm256_stream_si256(static_cast<__m256i*>(to), (__m256i)x);
#elif defined(__SSE2__)
  _mm_stream_si128(static_cast<__m128i*>(to), (__m128i)x);
#else
  __builtin_memcpy(to, &x, sizeof x);
#endif
}

inline size_t past_vector(const void* at) { return reinterpret_cast<uintptr_t>(at) % kVectorBytes; }

enum class Rounding { Nearest = 0, Down = 1, Up = 2, Zero = 3 };  // the immediates of roundps

template <Rounding R, class V>
inline V round_lanes(V x) {
  return map_lanes(x, [](Lane<V> v) -> Lane<V> {
    const double w = static_cast<double>(v);
    if constexpr (R == Rounding::Nearest) return static_cast<Lane<V>>(__builtin_nearbyint(w));
    if constexpr (R == Rounding::Down) return static_cast<Lane<V>>(__builtin_floor(w));
    if constexpr (R == Rounding::Up) return static_cast<Lane<V>>(__builtin_ceil(w));
    return static_cast<Lane<V>>(__builtin_trunc(w));
  });
}

template <Rounding R, class V>
inline V round_of(V x) {
  constexpr int kMode = static_cast<int>(R) | 8;  // 8: raise no exception
  (void)kMode;
#if defined(__AVX512F__)
  if constexpr (kIsFloat<V> && sizeof(V) == 64) return (V)_mm512_roundscale_ps((__m512)x, kMode);
  if constexpr (kIsDouble<V> && sizeof(V) == 64) return (V)_mm512_roundscale_pd((__m512d)x, kMode);
#endif
#if defined(__AVX__)
  if constexpr (kIsFloat<V> && sizeof(V) == 32) return (V)_mm256_round_ps((__m256)x, kMode);
  if constexpr (kIsDouble<V> && sizeof(V) == 32) return (V)_mm256_round_pd((__m256d)x, kMode);
#endif
  return round_lanes<R>(x);
}

}  // namespace vorab::blas::VORAB_ISA
