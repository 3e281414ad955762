// Functions that kernels call, in Metal's language: what its library lacks, or means otherwise than the registry.

/** By name; each may call others. */
const functions: Readonly<Record<string, string>> = {
  vorab_larger: `
// NaN passes; of two zeros the positive one.
template <typename T> inline T vorab_larger(T a, T b) { return a > b ? a : b; }
inline float vorab_larger(float a, float b) {
  if (metal::isnan(a) || metal::isnan(b)) return NAN;
  return a == b ? as_type<float>(as_type<uint>(a) & as_type<uint>(b)) : a > b ? a : b;
}`,
  vorab_smaller: `
// NaN passes; of two zeros the negative one.
template <typename T> inline T vorab_smaller(T a, T b) { return a < b ? a : b; }
inline float vorab_smaller(float a, float b) {
  if (metal::isnan(a) || metal::isnan(b)) return NAN;
  return a == b ? as_type<float>(as_type<uint>(a) | as_type<uint>(b)) : a < b ? a : b;
}`,
  vorab_sum: `
struct vorab_sum {
  template <typename T> static T of(T a, T b) { return a + b; }
};`,
  vorab_prod: `
struct vorab_prod {
  template <typename T> static T of(T a, T b) { return a * b; }
};`,
  vorab_max: `
struct vorab_max {
  template <typename T> static T of(T a, T b) { return vorab_larger(a, b); }
};`,
  vorab_min: `
struct vorab_min {
  template <typename T> static T of(T a, T b) { return vorab_smaller(a, b); }
};`,
  vorab_any: `
struct vorab_any {
  template <typename T> static T of(T a, T b) { return a | b; }
};`,
  vorab_all: `
struct vorab_all {
  template <typename T> static T of(T a, T b) { return a & b; }
};`,
  vorab_shuffle: `
template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}`,
  vorab_simd: `
// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}`,
  vorab_div: `
// x / 0 is 0; the least number by -1 wraps.
template <typename T> inline T vorab_div(T a, T b) {
  if (b == 0) return 0;
  return T(-1) < T(0) && b == T(-1) ? T(0ul - ulong(a)) : a / b;
}`,
  vorab_mod: `
// With the sign of b; x mod 0 is 0 for integers.
template <typename T> inline T vorab_mod(T a, T b) {
  if (b == 0 || (T(-1) < T(0) && b == T(-1))) return 0;
  const T r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
inline float vorab_mod(float a, float b) {
  const float r = metal::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}`,
  vorab_pow: `
// Wraps; a negative exponent leaves 1 and -1 alone.
template <typename T> inline T vorab_pow(T a, T b) {
  if (b < 0) return a == 1 ? T(1) : a != T(-1) ? T(0) : b % 2 == 0 ? T(1) : a;
  ulong result = 1;
  ulong square = ulong(a);
  for (ulong n = ulong(b); n > 0; n >>= 1) {
    if (n & 1) result *= square;
    square *= square;
  }
  return T(result);
}
inline float vorab_pow(float a, float b) {
  const bool one = a == 1 || b == 0 || (a == -1 && metal::isinf(b));
  return one ? 1.0f : metal::precise::pow(a, b);
}`,
  vorab_saturate: `
// Toward zero, held within the bounds; NaN is 0. top is the first float that is too large.
template <typename T> inline T vorab_saturate(float x, float low, float top, T least, T most) {
  if (metal::isnan(x)) return 0;
  return x <= low ? least : x >= top ? most : T(x);
}`,
  vorab_expm1: `
inline float vorab_expm1(float x) {
  if (metal::abs(x) > 0.5f) return metal::precise::exp(x) - 1.0f;
  // Its series: what is left out is below half a unit in the last place.
  float p = 1.0f / 362880;
  p = metal::fma(p, x, 1.0f / 40320);
  p = metal::fma(p, x, 1.0f / 5040);
  p = metal::fma(p, x, 1.0f / 720);
  p = metal::fma(p, x, 1.0f / 120);
  p = metal::fma(p, x, 1.0f / 24);
  p = metal::fma(p, x, 1.0f / 6);
  p = metal::fma(p, x, 0.5f);
  return metal::fma(p * x, x, x);
}`,
  vorab_log1p: `
// W. Kahan: the rounding of 1 + x is the same in both factors.
inline float vorab_log1p(float x) {
  const float u = 1.0f + x;
  if (u == 1.0f || u == INFINITY) return x;
  return metal::precise::log(u) * metal::precise::divide(x, u - 1.0f);
}`,
  vorab_sigmoid: `
// The exponential of -|x| cannot overflow, and keeps the far left tail.
inline float vorab_sigmoid(float x) {
  const float e = metal::precise::exp(-metal::abs(x));
  return metal::precise::divide(x < 0 ? e : 1.0f, e + 1.0f);
}`,
  vorab_erf: `
// After N. Juffa, as blas has it.
inline float vorab_erf(float x) {
  const float t = metal::abs(x);
  const float s = x * x;
  if (t > 4.0f) return metal::copysign(1.0f, x);
  if (t > 0.927734375f) {
    float r = metal::fma(-1.72853470e-5f, t, 3.83197126e-4f);
    const float u = metal::fma(-3.88396438e-3f, t, 2.42546219e-2f);
    r = metal::fma(r, s, u);
    r = metal::fma(r, t, -1.06777877e-1f);
    r = metal::fma(r, t, -6.34846687e-1f);
    r = metal::fma(r, t, -1.28717512e-1f);
    r = metal::fma(r, t, -t);
    return metal::copysign(1.0f - metal::precise::exp(r), x);
  }
  float p = metal::fma(-5.96761703e-4f, s, 4.99119423e-3f);
  p = metal::fma(p, s, -2.67681349e-2f);
  p = metal::fma(p, s, 1.12819925e-1f);
  p = metal::fma(p, s, -3.76125336e-1f);
  p = metal::fma(p, s, 1.28379166e-1f);
  return metal::fma(p, x, x);
}`,
  vorab_erf_inv: `
// M. Giles (GPU Computing Gems, 2010).
inline float vorab_erf_inv(float x) {
  if (metal::abs(x) == 1.0f) return x * INFINITY;
  const float w = -metal::precise::log((1.0f - x) * (1.0f + x));
  const bool central = w < 5.0f;
  const float v = central ? w - 2.5f : metal::precise::sqrt(w) - 3.0f;
  float p = central ? 2.81022636e-8f : -0.000200214257f;
  p = metal::fma(p, v, central ? 3.43273939e-7f : 0.000100950558f);
  p = metal::fma(p, v, central ? -3.5233877e-6f : 0.00134934322f);
  p = metal::fma(p, v, central ? -4.39150654e-6f : -0.00367342844f);
  p = metal::fma(p, v, central ? 0.00021858087f : 0.00573950773f);
  p = metal::fma(p, v, central ? -0.00125372503f : -0.0076224613f);
  p = metal::fma(p, v, central ? -0.00417768164f : 0.00943887047f);
  p = metal::fma(p, v, central ? 0.246640727f : 1.00167406f);
  p = metal::fma(p, v, central ? 1.50140941f : 2.83297682f);
  return p * x;
}`,
};

/** The functions that a text calls, and those that they call: each after what it needs. */
export function preludeFor(source: string): string {
  const needed = new Set<string>();
  const visit = (text: string): void => {
    for (const [name] of text.matchAll(/vorab_\w+/g)) {
      const body = functions[name];
      if (body === undefined || needed.has(name)) continue;
      needed.add(name);
      visit(body);
    }
  };
  visit(source);
  // A function stands in the list after those that it calls.
  return Object.entries(functions)
    .flatMap(([name, text]) => (needed.has(name) ? [text.trim(), ''] : []))
    .join('\n');
}
