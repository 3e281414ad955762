// How each dtype lies in memory and in which type it is computed.
#pragma once

#include "../dtype.h"
#include "vec.h"

namespace vorab::blas::VORAB_ISA {

template <Dt D>
struct Elem;
// clang-format off
template <> struct Elem<Dt::Bool> { using Storage = uint8_t; using Compute = uint8_t; };
template <> struct Elem<Dt::U8> { using Storage = uint8_t; using Compute = uint8_t; };
template <> struct Elem<Dt::I8> { using Storage = int8_t; using Compute = int8_t; };
template <> struct Elem<Dt::U32> { using Storage = uint32_t; using Compute = uint32_t; };
template <> struct Elem<Dt::I32> { using Storage = int32_t; using Compute = int32_t; };
template <> struct Elem<Dt::I64> { using Storage = int64_t; using Compute = int64_t; };
template <> struct Elem<Dt::F16> { using Storage = uint16_t; using Compute = float; };
template <> struct Elem<Dt::BF16> { using Storage = uint16_t; using Compute = float; };
template <> struct Elem<Dt::F32> { using Storage = float; using Compute = float; };
template <> struct Elem<Dt::F64> { using Storage = double; using Compute = double; };
// clang-format on

template <Dt D>
using Storage = typename Elem<D>::Storage;
template <Dt D>
using Compute = typename Elem<D>::Compute;
template <Dt D>
inline constexpr int kNative = kVectorBytes / static_cast<int>(sizeof(Compute<D>));

template <int N>
inline Vec<float, N> from_half(Vec<uint16_t, N> h) {
  using U = Vec<uint32_t, N>;
  using F = Vec<float, N>;
  const U w = __builtin_convertvector(h, U);
  const U sign = (w & 0x8000u) << 16;
  const U body = (w & 0x7fffu) << 13;
  // A denormal's bits are the mantissa of a number from 2^-14 to 2^-13, less 2^-14; no f32 on the
  // way is denormal, which a thread may flush. Infinities and NaN keep a full exponent.
  const F denormal = bits_as<F>(body | (113u << 23)) - 0x1p-14f;
  const U finite = body < (0x400u << 13) ? bits_as<U>(denormal) : body + (112u << 23);
  const U special = body | 0x7f800000u;
  const U bits = body >= (0x7c00u << 13) ? special : finite;
  return bits_as<F>(bits | sign);
}

// Round to nearest even; overflow to infinity, NaN stays NaN.
template <int N>
inline Vec<uint16_t, N> to_half(Vec<float, N> x) {
  using U = Vec<uint32_t, N>;
  using F = Vec<float, N>;
  const U bits = bits_as<U>(x);
  const U sign = (bits >> 16) & 0x8000u;
  const U mag = bits & 0x7fffffffu;
  const U normal = (mag + 0xfffu + ((mag >> 13) & 1u) - (112u << 23)) >> 13;
  // Adding 0.5 shifts a denormal's bits to the bottom of the mantissa, rounded by the addition
  // itself.
  const U denormal = bits_as<U>(bits_as<F>(mag) + 0.5f) - 0x3f000000u;
  U out = mag < 0x38800000u ? denormal : normal;
  out = mag >= 0x477ff000u ? U{} + 0x7c00u : out;
  out = mag > 0x7f800000u ? U{} + 0x7e00u : out;
  return __builtin_convertvector(out | sign, Vec<uint16_t, N>);
}

template <int N>
inline Vec<float, N> from_bfloat(Vec<uint16_t, N> h) {
  return bits_as<Vec<float, N>>(__builtin_convertvector(h, Vec<uint32_t, N>) << 16);
}

template <int N>
inline Vec<uint16_t, N> to_bfloat(Vec<float, N> x) {
  using U = Vec<uint32_t, N>;
  const U bits = bits_as<U>(x);
  const U rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const U out = (bits & 0x7fffffffu) > 0x7f800000u ? ((bits >> 16) | 0x40u) : rounded;
  return __builtin_convertvector(out, Vec<uint16_t, N>);
}

template <Dt D, int N>
inline Vec<Compute<D>, N> widen(Vec<Storage<D>, N> v) {
  if constexpr (D == Dt::F16) {
    return from_half<N>(v);
  } else if constexpr (D == Dt::BF16) {
    return from_bfloat<N>(v);
  } else {
    return v;
  }
}

template <Dt D, int N>
inline Vec<Storage<D>, N> narrow(Vec<Compute<D>, N> v) {
  if constexpr (D == Dt::F16) {
    return to_half<N>(v);
  } else if constexpr (D == Dt::BF16) {
    return to_bfloat<N>(v);
  } else {
    return v;
  }
}

template <Dt D, int N>
inline Vec<Compute<D>, N> load(const void* base, size_t i) {
  Vec<Storage<D>, N> v;
  __builtin_memcpy(&v, static_cast<const Storage<D>*>(base) + i, sizeof v);
  return widen<D, N>(v);
}

template <Dt D, int N>
inline void store(void* base, size_t i, Vec<Compute<D>, N> x) {
  const Vec<Storage<D>, N> v = narrow<D, N>(x);
  __builtin_memcpy(static_cast<Storage<D>*>(base) + i, &v, sizeof v);
}

// The first `count` elements of V from memory, zeros in its other lanes.
template <class V>
inline V read_part(const void* from, size_t count) {
#if defined(__AVX512F__)
  constexpr bool kWhole = sizeof(V) == 64;
  if constexpr (kWhole && sizeof(Lane<V>) == 4)
    return (V)_mm512_maskz_loadu_epi32(static_cast<__mmask16>((1u << count) - 1), from);
  if constexpr (kWhole && sizeof(Lane<V>) == 8)
    return (V)_mm512_maskz_loadu_epi64(static_cast<__mmask8>((1u << count) - 1), from);
#elif defined(__AVX2__)
  if constexpr (sizeof(V) == 32 && sizeof(Lane<V>) == 4)
    return (V)_mm256_maskload_epi32(static_cast<const int*>(from), (__m256i)first_lanes<V>(count));
#endif
  V v{};
  __builtin_memcpy(&v, from, count * sizeof(Lane<V>));
  return v;
}

// The first `count` elements of V to memory, in whole halves: a masked store of a line that is not
// in the first cache stops what follows until it comes.
template <class V>
inline void write_pieces(void* to, size_t count, V v) {
  if constexpr (kLanes<V> == 1) {
    if (count != 0) __builtin_memcpy(to, &v, sizeof v);
  } else {
    struct Halves {
      Vec<Lane<V>, kLanes<V> / 2> low, high;
    };
    constexpr size_t kHalf = kLanes<V> / 2;
    const auto [low, high] = bits_as<Halves>(v);
    if (count < kHalf) return write_pieces(to, count, low);
    __builtin_memcpy(to, &low, sizeof low);
    write_pieces(static_cast<Lane<V>*>(to) + kHalf, count - kHalf, high);
  }
}

// The first `count` elements of V to memory.
template <class V>
inline void write_part(void* to, size_t count, V v) {
#if defined(__AVX512F__)
  constexpr bool kWhole = sizeof(V) == 64;
  if constexpr (kWhole && sizeof(Lane<V>) == 4)
    return _mm512_mask_storeu_epi32(to, static_cast<__mmask16>((1u << count) - 1), (__m512i)v);
  if constexpr (kWhole && sizeof(Lane<V>) == 8)
    return _mm512_mask_storeu_epi64(to, static_cast<__mmask8>((1u << count) - 1), (__m512i)v);
#elif defined(__AVX2__)
  if constexpr (sizeof(V) == 32 && sizeof(Lane<V>) == 4)
    return _mm256_maskstore_epi32(static_cast<int*>(to), (__m256i)first_lanes<V>(count),
                                  (__m256i)v);
#endif
  __builtin_memcpy(to, &v, count * sizeof(Lane<V>));
}

template <Dt D, int N>
inline Vec<Compute<D>, N> load_part(const void* base, size_t i, size_t count) {
  using V = Vec<Storage<D>, N>;
  return widen<D, N>(read_part<V>(static_cast<const Storage<D>*>(base) + i, count));
}

template <Dt D, int N>
inline void store_part(void* base, size_t i, size_t count, Vec<Compute<D>, N> x) {
  write_part(static_cast<Storage<D>*>(base) + i, count, narrow<D, N>(x));
}

}  // namespace vorab::blas::VORAB_ISA
