// Functions of f32 that are computed in f64: sin, cos, tan, pow, expm1, log1p. Half the lanes a
// vector, but one rounding.
#pragma once

#include "math_f32.h"
#include "math_int.h"

namespace vorab::blas::VORAB_ISA {

// Applies f (of vectors of f64) to both halves of vectors of f32.
template <class V, class F, class... Vs>
inline V in_double(F f, V x, Vs... more) {
  constexpr int kHalf = kLanes<V> / 2;
  using H = Vec<float, kHalf>;
  using D = Vec<double, kHalf>;
  struct Pair {
    H lo, hi;
  };
  auto half = [](V v, bool high) {
    const Pair p = bits_as<Pair>(v);
    return __builtin_convertvector(high ? p.hi : p.lo, D);
  };
  const Pair out{__builtin_convertvector(f(half(x, false), half(more, false)...), H),
                 __builtin_convertvector(f(half(x, true), half(more, true)...), H)};
  return bits_as<V>(out);
}

template <class D>
inline D round_small_f64(D x, Mask<D>& n) {
  constexpr double kMagic = 0x1.8p52;
  const D shifted = x + kMagic;
  n = bits_as<Mask<D>>(shifted) - bits_as<int64_t>(kMagic);
  return shifted - kMagic;
}

// 2^x for |x| <= 1000, to about 1e-11.
template <class D>
inline D exp2_f64(D x) {
  Mask<D> n;
  const D r = (x - round_small_f64(x, n)) * 0.6931471805599453;
  const D p = polynomial(r, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                         1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0);
  return p * bits_as<D>((n + 1023) << 52);
}

// log2 of positive normal doubles, to about 1e-12 relative.
template <class D>
inline D log2_f64(D x) {
  const Mask<D> bits = bits_as<Mask<D>>(x);
  const Mask<D> e = (bits - 0x3fe6a09e667f3bcdll) >> 52;
  const D m = bits_as<D>(bits - (e << 52));
  const D s = (m - 1.0) / (m + 1.0);
  const D z = s * s;
  const D p = polynomial(z, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5,
                         1.0 / 3, 1.0);
  // e as double without a 64-bit conversion, which AVX2 lacks.
  const D scale = bits_as<D>(e + bits_as<int64_t>(0x1.8p52)) - 0x1.8p52;
  return madd(s * p, 2.885390081777927, scale);
}

// sin where quadrant_shift is 0, cos where it is 1; |x| < 2^20.
template <class D>
inline D sin_cos_f64(D x, int64_t quadrant_shift) {
  Mask<D> n;
  const D t = round_small_f64(x * 0.6366197723675814, n);
  D r = madd(t, -0x1.921fb544p0, x);  // pi/2 in two parts; the first has 21 trailing zeros
  r = madd(t, -0x1.0b4611a626331p-34, r);
  n += quadrant_shift;
  const D z = r * r;
  const D s = polynomial(z, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120,
                         -1.0 / 6);
  const D c = polynomial(z, -1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320,
                         -1.0 / 720, 1.0 / 24, -0.5, 1.0);
  const D sine = madd(s * z, r, r);
  const D value = (n & 1) != 0 ? c : sine;
  return (n & 2) != 0 ? -value : value;
}

template <class V>
inline V sin_f32(V x) {
  const V y = in_double([](auto d) { return sin_cos_f64(d, 0); }, x);
  const Mask<V> far = ~(abs_of(x) < 0x1p20f);
  // Small results keep x itself: the sign of zero and denormals.
  if (!any_of(far)) return x == 0.0f ? x : y;
  const V exact = map_lanes(x, [](float v) { return __builtin_sinf(v); });
  return far ? exact : (x == 0.0f ? x : y);
}

template <class V>
inline V cos_f32(V x) {
  const V y = in_double([](auto d) { return sin_cos_f64(d, 1); }, x);
  const Mask<V> far = ~(abs_of(x) < 0x1p20f);
  if (!any_of(far)) return y;
  const V exact = map_lanes(x, [](float v) { return __builtin_cosf(v); });
  return far ? exact : y;
}

template <class V>
inline V tan_f32(V x) {
  const V y = in_double([](auto d) { return sin_cos_f64(d, 0) / sin_cos_f64(d, 1); }, x);
  const Mask<V> far = ~(abs_of(x) < 0x1p20f);
  if (!any_of(far)) return x == 0.0f ? x : y;
  const V exact = map_lanes(x, [](float v) { return __builtin_tanf(v); });
  return far ? exact : (x == 0.0f ? x : y);
}

template <class V>
inline V pow_f32(V x, V y) {
  const V r = in_double(
      [](auto a, auto b) {
        auto t = log2_f64(a) * b;
        t = t > 300.0 ? splat<decltype(t)>(300.0) : t;
        t = t < -300.0 ? splat<decltype(t)>(-300.0) : t;
        return exp2_f64(t);
      },
      x, y);
  const Mask<V> plain = (x > 0.0f) & (x < kInf) & (abs_of(y) < kInf);
  if (!any_of(~plain)) return r;
  const V exact = map_lanes(x, y, [](float a, float b) { return __builtin_powf(a, b); });
  return plain ? r : exact;
}

template <class V>
inline V expm1_f32(V x) {
  const V wide = in_double(
      [](auto d) {
        d = d > 90.0 ? splat<decltype(d)>(90.0) : d;
        d = d < -90.0 ? splat<decltype(d)>(-90.0) : d;
        return exp2_f64(d * 1.4426950408889634) - 1.0;
      },
      x);
  // Near zero the subtraction cancels; three terms are exact enough there.
  const V near = madd(madd(x, 1.0f / 6, splat<V>(0.5f)) * x, x, x);
  const V y = abs_of(x) < 0x1p-8f ? near : wide;
  return x == x ? (x == 0.0f ? x : y) : x;
}

template <class V>
inline V log1p_f32(V x) {
  const V wide = in_double([](auto d) { return log2_f64(d + 1.0) * 0.6931471805599453; }, x);
  const V near = madd(madd(x, 1.0f / 3, splat<V>(-0.5f)) * x, x, x);
  V y = abs_of(x) < 0x1p-8f ? near : wide;
  y = x == 0.0f ? x : y;
  y = x == kInf ? x : y;
  y = x == -1.0f ? splat<V>(-kInf) : y;
  return x >= -1.0f ? y : splat<V>(kNan);
}

template <class V>
inline V power(V x, V y) {
  if constexpr (kIsFloat<V>) {
    return pow_f32(x, y);
  } else if constexpr (kIsDouble<V>) {
    return map_lanes(x, y, [](double a, double b) { return __builtin_pow(a, b); });
  } else {
    return map_lanes(x, y, power_int<Lane<V>>);
  }
}

template <class V>
inline V arc_tangent(V y, V x) {
  return map_lanes(y, x, [](Lane<V> a, Lane<V> b) {
    if constexpr (kIsFloat<V>)
      return __builtin_atan2f(a, b);
    else
      return __builtin_atan2(a, b);
  });
}

// Giles' approximation (GPU Computing Gems, 2010), good to about 1e-7.
inline double erf_inv_start(double x) {
  constexpr double kCentral[] = {2.81022636e-8,  3.43273939e-7, -3.5233877e-6,
                                 -4.39150654e-6, 0.00021858087, -0.00125372503,
                                 -0.00417768164, 0.246640727,   1.50140941};
  constexpr double kTail[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                              -0.00367342844,  0.00573950773,  -0.0076224613,
                              0.00943887047,   1.00167406,     2.83297682};
  const double w = -__builtin_log((1 - x) * (1 + x));
  const bool central = w < 5;
  const double v = central ? w - 2.5 : __builtin_sqrt(w) - 3;
  double p = 0;
  for (double c : central ? kCentral : kTail) p = p * v + c;
  return p * x;
}

// The start, then Halley's method, whose error falls with the third power.
inline double erf_inv_steps(double x, int steps) {
  const double a = x < 0 ? -x : x;
  if (!(a < 1)) return a == 1 ? x * __builtin_inf() : __builtin_nan("");
  if (a == 0) return x;
  double y = erf_inv_start(a);
  for (int i = 0; i < steps; ++i) {
    const double error = a < 0.5 ? __builtin_erf(y) - a : (1 - a) - __builtin_erfc(y);
    const double u = error / (1.1283791670955126 * __builtin_exp(-y * y));
    y -= u / (1 + y * u);
  }
  return x < 0 ? -y : y;
}

inline double erf_inv_f64(double x) { return erf_inv_steps(x, 3); }

template <class V>
inline V erf_inv_f32(V x) {
  return map_lanes(
      x, [](float v) { return static_cast<float>(erf_inv_steps(static_cast<double>(v), 1)); });
}

inline double sigmoid_f64(double x) {
  const double e = __builtin_exp(x < 0 ? x : -x);
  const double sum = 1.0 + e, quotient = (x < 0 ? e : 1.0) / sum;
  // What the sum has lost in rounding, divided by it.
  const double inverse = x < 0 ? 1.0 - quotient : quotient;
  return quotient - quotient * inverse * (e - (sum - 1.0));
}

}  // namespace vorab::blas::VORAB_ISA
