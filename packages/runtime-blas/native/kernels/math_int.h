// Arithmetic whose meaning differs between floats and integers.
#pragma once

#include "vec.h"

namespace vorab::blas::VORAB_ISA {

// Truncates towards zero; x / 0 is 0, and the smallest number / -1 wraps.
template <class T>
inline T divide_int(T x, T y) {
  if (y == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (y == -1) return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
  }
  return static_cast<T>(x / y);
}

template <class V>
inline V divide(V x, V y) {
  if constexpr (kIsReal<V>) {
    return x / y;
  } else {
    return map_lanes(x, y, divide_int<Lane<V>>);
  }
}

template <class T>
inline T floor_mod_one(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    const T r =
        sizeof(T) == 4
            ? static_cast<T>(__builtin_fmodf(static_cast<float>(x), static_cast<float>(y)))
            : static_cast<T>(__builtin_fmod(static_cast<double>(x), static_cast<double>(y)));
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
  } else {
    if (y == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
      if (y == -1) return 0;
      const T r = static_cast<T>(x % y);
      return r != 0 && (r < 0) != (y < 0) ? static_cast<T>(r + y) : r;
    } else {
      return static_cast<T>(x % y);
    }
  }
}

template <class V>
inline V floor_mod(V x, V y) {
  return map_lanes(x, y, floor_mod_one<Lane<V>>);
}

#if defined(__AVX512DQ__)
// The lesser (4) or greater (5) one, -0 below 0; NaN where one is NaN, which vrangeps alone drops.
template <int Which, class V>
inline V range_of(V x, V y) {
  const __m512 a = (__m512)x, b = (__m512)y;
  const __mmask16 unordered = _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q);
  return (V)_mm512_mask_add_ps(_mm512_range_ps(a, b, Which), unordered, a, b);
}
#endif

// -0 is less than +0, as in IEEE 754-2019 minimum; NaN wins.
template <class V>
inline V lesser(V x, V y) {
#if defined(__AVX512DQ__)
  if constexpr (kIsFloat<V> && sizeof(V) == 64) return range_of<4>(x, y);
#endif
  if constexpr (kIsReal<V>) {
    using B = Bits<V>;
    const V least = x < y ? x : y;
    const V joined = x == y ? bits_as<V>(bits_as<B>(x) | bits_as<B>(y)) : least;
    return x == x ? joined : x;
  } else {
    return x < y ? x : y;
  }
}

template <class V>
inline V greater_of(V x, V y) {
#if defined(__AVX512DQ__)
  if constexpr (kIsFloat<V> && sizeof(V) == 64) return range_of<5>(x, y);
#endif
  if constexpr (kIsReal<V>) {
    using B = Bits<V>;
    const V most = x > y ? x : y;
    const V joined = x == y ? bits_as<V>(bits_as<B>(x) & bits_as<B>(y)) : most;
    return x == x ? joined : x;
  } else {
    return x > y ? x : y;
  }
}

// NaN and zeros are themselves.
template <class V>
inline V sign_of(V x) {
  const V one = splat<V>(1);
  if constexpr (std::is_unsigned_v<Lane<V>>) {
    return x != 0 ? one : x;
  } else {
    return x > 0 ? one : (x < 0 ? -one : x);
  }
}

template <class T>
inline T power_int(T x, T y) {
  if constexpr (std::is_signed_v<T>) {
    if (y < 0) return x == 1 ? T{1} : x == -1 ? (y & 1 ? x : T{1}) : T{0};
  }
  T result = 1;
  for (auto n = static_cast<std::make_unsigned_t<T>>(y); n != 0; n >>= 1) {
    if (n & 1) result = static_cast<T>(result * x);
    x = static_cast<T>(x * x);
  }
  return result;
}

template <class V>
inline V shift_left(V x, V n) {
  using B = Bits<V>;
  constexpr Lane<B> kWidth = sizeof(Lane<V>) * 8;
  const B by = bits_as<B>(n);
  const B shifted = bits_as<B>(x) << (by & (kWidth - 1));
  return bits_as<V>(by < kWidth ? shifted : B{});
}

// Arithmetic for signed dtypes: shifting everything out leaves the sign.
template <class V>
inline V shift_right(V x, V n) {
  using B = Bits<V>;
  constexpr Lane<B> kWidth = sizeof(Lane<V>) * 8;
  const B by = bits_as<B>(n);
  if constexpr (std::is_signed_v<Lane<V>>) {
    const B clamped = by < kWidth ? by : splat<B>(kWidth - 1);
    return x >> bits_as<V>(clamped);
  } else {
    return by < kWidth ? x >> (by & (kWidth - 1)) : V{};
  }
}

}  // namespace vorab::blas::VORAB_ISA
