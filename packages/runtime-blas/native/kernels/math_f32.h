// Elementary functions on vectors of f32, each within about 2 ulp over all bit patterns.
//
// Polynomials: exp by our own minimax fit (relative error 3e-9); log and tanh after S. Moshier's
// Cephes (single precision); erf after N. Juffa. tests/math_test.cc holds every one against double
// precision.
#pragma once

#include "vec.h"

namespace vorab::blas::VORAB_ISA {

inline constexpr float kInf = __builtin_inff();
inline constexpr float kNan = __builtin_nanf("");

// Continues Horner's rule: acc * x^n + c1 * x^(n-1) + ... + cn.
template <class V, class... Rest>
inline V horner(V x, V acc, Rest... rest) {
  ((acc = madd(acc, x, static_cast<Lane<V>>(rest))), ...);
  return acc;
}

// Coefficients from the highest power down.
template <class V, class... Rest>
inline V polynomial(V x, Lane<V> first, Rest... rest) {
  return horner(x, splat<V>(first), rest...);
}

// x * 2^n for integers n held as floats, |n| <= 252: in two steps, so that the ends round once.
template <class V>
inline V scale2(V x, Mask<V> n) {
  const Mask<V> half = n >> 1;
  const Mask<V> rest = n - half;
  const V a = bits_as<V>((half + 127) << 23);
  const V b = bits_as<V>((rest + 127) << 23);
  return x * a * b;
}

// x * 2^n for integers n held as float and as int.
template <class V>
inline V scale(V x, V n, Mask<V> bits) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return (V)_mm512_scalef_ps((__m512)x, (__m512)n);
#endif
  (void)n;
  return scale2(x, bits);
}

// NaN stays NaN.
template <class V>
inline V clamp(V x, float low, float high) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) {
    const __m512 above = _mm512_max_ps(_mm512_set1_ps(low), (__m512)x);
    return (V)_mm512_min_ps(_mm512_set1_ps(high), above);
  }
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32) {
    const __m256 above = _mm256_max_ps(_mm256_set1_ps(low), (__m256)x);
    return (V)_mm256_min_ps(_mm256_set1_ps(high), above);
  }
#endif
  x = x > high ? splat<V>(high) : x;
  return x < low ? splat<V>(low) : x;
}

// Nearest integer of x * y, which is below 2^22, as float and as int, without a rounding
// instruction.
template <class V>
inline V round_product(V x, float y, Mask<V>& n) {
  constexpr float kMagic = 0x1.8p23f;
  const V shifted = madd(x, y, splat<V>(kMagic));
  n = bits_as<Mask<V>>(shifted) - bits_as<int32_t>(kMagic);
  return shifted - kMagic;
}

#if defined(__AVX512F__)
// 2^(i/16), and by which part of itself each falls short.
alignas(64) inline constexpr float kSixteenths[16] = {
    0x1p+0f,        0x1.0b5586p+0f, 0x1.172b84p+0f, 0x1.2387a6p+0f, 0x1.306fep+0f,  0x1.3dea64p+0f,
    0x1.4bfdaep+0f, 0x1.5ab07ep+0f, 0x1.6a09e6p+0f, 0x1.7a1148p+0f, 0x1.8ace54p+0f, 0x1.9c4918p+0f,
    0x1.ae89fap+0f, 0x1.c199bep+0f, 0x1.d5818ep+0f, 0x1.ea4afap+0f};
alignas(64) inline constexpr float kShortOf[16] = {0,
                                                   0x1.8d96d4p-25f,
                                                   -0x1.9c0c22p-27f,
                                                   0x1.964904p-25f,
                                                   0x1.125002p-25f,
                                                   0x1.370be4p-25f,
                                                   -0x1.0a355p-25f,
                                                   -0x1.00d8acp-27f,
                                                   0x1.26055cp-26f,
                                                   -0x1.05cb44p-25f,
                                                   0x1.67a1cap-28f,
                                                   0x1.a3b5e4p-28f,
                                                   -0x1.f9c304p-27f,
                                                   -0x1.6961b4p-28f,
                                                   -0x1.a5217cp-28f,
                                                   0x1.61428ep-28f};

// e^x = 2^t e^r, |r| <= ln(2) / 32, t a multiple of 1/16: its last four bits find a factor in the
// table, and a polynomial of degree 3 is enough. Within 1.1 ulp; Close: 0.7, for what is made of
// it.
template <bool Close>
inline __m512 exp_by_table(__m512 x) {
  const __m512 magic = _mm512_set1_ps(0x1.8p19f);
  const __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504088896341f), magic);
  const __m512 t = _mm512_sub_ps(shifted, magic);
  __m512 r = _mm512_fmadd_ps(t, _mm512_set1_ps(-0.693359375f), x);
  r = _mm512_fmadd_ps(t, _mm512_set1_ps(2.12194440e-4f), r);
  const __m512i index = _mm512_castps_si512(shifted);
  const __m512 factor = _mm512_permutexvar_ps(index, _mm512_load_ps(kSixteenths));
  const __m512 second = _mm512_fmadd_ps(r, _mm512_set1_ps(0x1.555556p-3f), _mm512_set1_ps(0.5f));
  const __m512 square = _mm512_mul_ps(r, r);
  if constexpr (Close) r = _mm512_add_ps(r, _mm512_permutexvar_ps(index, _mm512_load_ps(kShortOf)));
  const __m512 less_one = _mm512_fmadd_ps(second, square, r);
  return _mm512_scalef_ps(_mm512_fmadd_ps(factor, less_one, factor), t);
}
#endif

template <bool Close, class V>
inline V exp_within(V x) {
  // Past these ends the result is 0 or infinity whatever x is.
  x = clamp(x, -104.0f, 89.0f);
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return (V)exp_by_table<Close>((__m512)x);
#endif
  Mask<V> n;
  const V t = round_product(x, 1.44269504088896341f, n);
  V r = madd(t, -0.693359375f, x);
  r = madd(t, 2.12194440e-4f, r);
  const V p = polynomial(r, 1.38146104e-3f, 8.36871099e-3f, 4.16683890e-2f, 1.66665211e-1f,
                         4.99999940e-1f, 1.0f, 1.0f);
  return scale(p, t, n);
}

template <class V>
inline V exp_f32(V x) {
  return exp_within<false>(x);
}

template <class V>
inline V log_f32(V x) {
  const Mask<V> tiny = x < 0x1p-126f;
  const V y = tiny ? x * 0x1p23f : x;
  const Mask<V> bits = bits_as<Mask<V>>(y);
  // Exponent such that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const Mask<V> e = (bits - 0x3f3504f3) >> 23;
  const V m = bits_as<V>(bits - (e << 23)) - 1.0f;
  const V scale = __builtin_convertvector(e - (tiny & 23), V);
  const V z = m * m;
  V p = polynomial(m, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                   1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f,
                   3.3333331174e-1f);
  p = p * m * z;
  p = madd(scale, -2.12194440e-4f, p);
  p = madd(z, -0.5f, p);
  V r = madd(scale, 0.693359375f, m + p);
  r = x == kInf ? x : r;
  r = x == 0.0f ? splat<V>(-kInf) : r;
  return x >= 0.0f ? r : splat<V>(kNan);
}

template <class V>
inline V tanh_f32(V x) {
  const V a = abs_of(x);
  const V big = 1.0f - 2.0f / (exp_within<true>(a + a) + 1.0f);
  const V z = x * x;
  const V p = polynomial(z, -5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                         1.33314422036e-1f, -3.33332819422e-1f);
  const V small = madd(p * z, x, x);
  return a < 0.625f ? small : copy_sign(big, x);
}

template <class V>
inline V erf_f32(V x) {
  const V t = abs_of(x);
  const V s = x * x;
  V r = polynomial(t, -1.72853470e-5f, 3.83197126e-4f);
  const V u = polynomial(t, -3.88396438e-3f, 2.42546219e-2f);
  r = madd(r, s, u);
  r = horner(t, r, -1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f);
  r = madd(r, t, -t);
  V big = 1.0f - exp_within<true>(r);
  big = t > 4.0f ? splat<V>(1.0f) : big;  // r may overflow there
  V p = polynomial(s, -5.96761703e-4f, 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f,
                   -3.76125336e-1f, 1.28379166e-1f);
  const V small = madd(p, x, x);
  const V joined = t > 0.927734375f ? copy_sign(big, x) : small;
  return x == x ? joined : x;
}

template <class V>
inline V sigmoid_f32(V x) {
  // e^-|x| cannot overflow, and keeps the far left tail exact.
  const V e = exp_within<true>(-abs_of(x));
  const V sum = e + 1.0f;
  const V top = x < 0.0f ? e : splat<V>(1.0f);
  const V quotient = top / sum;
  // What the sum has lost in rounding, divided by it.
  const V inverse = x < 0.0f ? 1.0f - quotient : quotient;
  return madd(-quotient * inverse, e - (sum - 1.0f), quotient);
}

}  // namespace vorab::blas::VORAB_ISA
