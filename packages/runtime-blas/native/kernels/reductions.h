// What a reduction does to vectors and to elements.
#pragma once

#include "loops.h"

namespace vorab::blas::VORAB_ISA {

// NaN wins over numbers; +0 is larger than -0.
template <bool Max, class T>
VORAB_INLINE bool wins(T x, T best) {
  if constexpr (std::is_floating_point_v<T>) {
    if (x == best) return __builtin_signbit(Max ? best : x) != 0;
    return x != x || (best == best && (Max ? x > best : x < best));
  } else {
    return Max ? x > best : x < best;
  }
}

// combine: on vectors; one: on elements.
// clang-format off
struct Sum {
  template <class V> static V combine(V a, V b) { return a + b; }
  template <class T> static T one(T a, T b) { return static_cast<T>(a + b); }
  template <class T> static constexpr T identity() { return 0; }
  static constexpr bool kWide = true;
};
struct Prod {
  template <class V> static V combine(V a, V b) { return a * b; }
  template <class T> static T one(T a, T b) { return static_cast<T>(a * b); }
  template <class T> static constexpr T identity() { return 1; }
  static constexpr bool kWide = true;
};
struct Max {
  template <class V> static V combine(V a, V b) { return greater_of(a, b); }
  template <class T> static T one(T a, T b) { return wins<true>(b, a) ? b : a; }
  template <class T> static constexpr T identity() {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(-__builtin_inf());
    else if constexpr (std::is_signed_v<T>) return static_cast<T>(T{1} << (sizeof(T) * 8 - 1));
    else return 0;
  }
  static constexpr bool kWide = false;
};
struct Min {
  template <class V> static V combine(V a, V b) { return lesser(a, b); }
  template <class T> static T one(T a, T b) { return wins<false>(b, a) ? b : a; }
  template <class T> static constexpr T identity() {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(__builtin_inf());
    else if constexpr (std::is_signed_v<T>) return static_cast<T>(~(T{1} << (sizeof(T) * 8 - 1)));
    else return static_cast<T>(~T{0});
  }
  static constexpr bool kWide = false;
};
struct Any {
  template <class V> static V combine(V a, V b) { return a | b; }
  template <class T> static T one(T a, T b) { return a | b; }
  template <class T> static constexpr T identity() { return 0; }
  static constexpr bool kWide = false;
};
struct All {
  template <class V> static V combine(V a, V b) { return a & b; }
  template <class T> static T one(T a, T b) { return a & b; }
  template <class T> static constexpr T identity() { return 1; }
  static constexpr bool kWide = false;
};
// clang-format on

template <class R, Dt D>
using Accumulator = std::conditional_t<R::kWide && is_float(D), double, Compute<D>>;

// Halves until one element is left.
template <class R, class V>
VORAB_INLINE Lane<V> across(V v) {
  if constexpr (kLanes<V> == 2) {
    return R::one(v[0], v[1]);
  } else {
    struct Halves {
      Vec<Lane<V>, kLanes<V> / 2> low, high;
    };
    const Halves halves = bits_as<Halves>(v);
    return across<R>(R::combine(halves.low, halves.high));
  }
}

// Short rows: the next row starts while this one still waits for its additions. In the first lane
// of a small vector, where maxima have no branches.
template <class R, Dt D>
VORAB_INLINE Compute<D> reduce_short(const void* base, size_t at, size_t n) {
  auto acc = splat<Vec<Compute<D>, 4>>(R::template identity<Compute<D>>());
  for (size_t i = 0; i < n; ++i) acc = R::combine(acc, load_part<D, 4>(base, at + i, 1));
  return acc[0];
}

}  // namespace vorab::blas::VORAB_ISA
