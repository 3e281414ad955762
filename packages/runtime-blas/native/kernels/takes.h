// What chains reduce rows to: states in vectors, and what takes a turn in.
#pragma once

#include "turns.h"

namespace vorab::blas::VORAB_ISA::links {

// What a row has come to so far, in vectors that wait for each other rarely.
struct Sums {
  V sum[4] = {};

  VORAB_INLINE void finish(void* accumulator, size_t row, bool start) const {
    double* const to = static_cast<double*>(accumulator) + row;
    const double all = across<Sum>((sum[0] + sum[1]) + (sum[2] + sum[3]));
    *to = start ? all : *to + all;
  }
};

struct Maxima {
  V most[4];
#if defined(__AVX512DQ__)
  static constexpr int kGreater = 5;  // -0 below 0
  __mmask16 unordered = 0;            // vrangeps alone drops NaN
#endif

  VORAB_INLINE Maxima() {
    for (V& m : most) m = splat<V>(-kInf);
  }
  VORAB_INLINE void finish(void* accumulator, size_t row, bool start) const {
    float* const to = static_cast<float*>(accumulator) + row;
#if defined(__AVX512DQ__)
    const auto one = [](__m512 a, __m512 b)
                         VORAB_LAMBDA { return _mm512_range_ps(a, b, kGreater); };
    __m512 x = one(one((__m512)most[0], (__m512)most[1]), one((__m512)most[2], (__m512)most[3]));
    x = one(x, _mm512_shuffle_f32x4(x, x, 0x4e));
    x = one(x, _mm512_shuffle_f32x4(x, x, 0xb1));
    x = one(x, _mm512_permute_ps(x, 0x4e));
    x = one(x, _mm512_permute_ps(x, 0xb1));
    const float all = unordered != 0 ? kNan : _mm512_cvtss_f32(x);
#else
    const float all =
        across<Max>(Max::combine(Max::combine(most[0], most[1]), Max::combine(most[2], most[3])));
#endif
    *to = start ? all : Max::one(*to, all);
  }
};

template <bool Whole>
VORAB_INLINE V part_of(V x, size_t k, size_t left, float missing) {
  return Whole ? x : first_lanes<V>(lanes_of(k, left)) ? x : splat<V>(missing);
}

struct TakeSum : OneLink<Code::Sum> {
  using State = Sums;
  template <bool Whole, size_t K>
  static VORAB_INLINE void take(State& state, const V (&v)[K], size_t left) {
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) state.sum[k % 4] += part_of<Whole>(v[k], k, left, 0);
  }
};

struct TakeSquares {
  using State = Sums;
  static constexpr size_t kSteps = 2;
  static bool is(const Link* link) {
    return link[0].code == Code::Square && link[1].code == Code::Sum;
  }
  template <bool Whole, size_t K>
  static VORAB_INLINE void take(State& state, const V (&v)[K], size_t left) {
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) {
      const V x = part_of<Whole>(v[k], k, left, 0);
      state.sum[k % 4] = madd(x, x, state.sum[k % 4]);
    }
  }
};

struct TakeMax : OneLink<Code::Max> {
  using State = Maxima;
  template <bool Whole, size_t K>
  static VORAB_INLINE void take(State& state, const V (&v)[K], size_t left) {
    V x[K];
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) x[k] = part_of<Whole>(v[k], k, left, -kInf);
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) {
#if defined(__AVX512DQ__)
      if (k % 2 == 0)
        state.unordered |=
            _mm512_cmp_ps_mask((__m512)x[k], (__m512)x[k + 1 < K ? k + 1 : k], _CMP_UNORD_Q);
      state.most[k % 4] =
          (V)_mm512_range_ps((__m512)state.most[k % 4], (__m512)x[k], Maxima::kGreater);
#else
      state.most[k % 4] = Max::combine(state.most[k % 4], x[k]);
#endif
    }
  }
};

struct TakeNothing {
  struct State {
    void finish(void*, size_t, bool) const {}
  };
  static constexpr size_t kSteps = 0;
  static bool is(const Link*) { return true; }
  template <bool Whole, size_t K>
  static VORAB_INLINE void take(State&, const V (&)[K], size_t) {}
};

}  // namespace vorab::blas::VORAB_ISA::links
