// The leaf loops: four vectors a turn, then single vectors, then a part of one.
#pragma once

#include "../scalar_ops.h"
#include "elem.h"
#include "table.h"

namespace vorab::blas::VORAB_ISA {

// A call per turn would cost as much as the turn.
#define VORAB_INLINE __attribute__((always_inline)) inline

// body.run<Count>(i): Count vectors from element i; body.part(i, n): fewer than one vector.
template <int N, class Body>
VORAB_INLINE void each_vector(size_t n, const Body& body) {
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) body.template run<4>(i);
  for (; i + N <= n; i += N) body.template run<1>(i);
  if (i < n) body.part(i, n - i);
}

template <Dt D>
inline constexpr bool kInteger =
    D == Dt::U8 || D == Dt::I8 || D == Dt::U32 || D == Dt::I32 || D == Dt::I64;

template <Class C, Dt D>
constexpr bool takes() {
  switch (C) {
    case Class::Float: return is_float(D);
    case Class::Integer: return kInteger<D>;
    case Class::Number: return D != Dt::Bool;
    case Class::Bool: return D == Dt::Bool;
    case Class::Any: return true;
  }
  return false;
}

// Applies an op of one to three operands of its own dtype.
template <class Op, class V>
VORAB_INLINE V apply(V x, V y, V z) {
  if constexpr (Op::kArity == 1)
    return Op::apply(x);
  else if constexpr (Op::kArity == 2)
    return Op::apply(x, y);
  else
    return Op::apply(x, y, z);
}

template <class Op, Dt D>
struct SameBody {
  static constexpr int N = kNative<D>;
  using V = Vec<Compute<D>, N>;
  void* out;
  const void* a;
  const void* b;
  const void* c;

  template <int Count>
  VORAB_INLINE void run(size_t i) const {
    V x[Count], y[Count], z[Count];
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      x[k] = load<D, N>(a, i + k * N);
      if constexpr (Op::kArity >= 2) y[k] = load<D, N>(b, i + k * N);
      if constexpr (Op::kArity >= 3) z[k] = load<D, N>(c, i + k * N);
    }
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) x[k] = apply<Op>(x[k], y[k], z[k]);
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) store<D, N>(out, i + k * N, x[k]);
  }
  void part(size_t i, size_t n) const {
    V x = load_part<D, N>(a, i, n), y{}, z{};
    if constexpr (Op::kArity >= 2) y = load_part<D, N>(b, i, n);
    if constexpr (Op::kArity >= 3) z = load_part<D, N>(c, i, n);
    store_part<D, N>(out, i, n, apply<Op>(x, y, z));
  }
};

template <class Op, Dt D>
void map_same(void* out, const void* a, const void* b, const void* c, const void*, size_t n) {
  each_vector<kNative<D>>(n, SameBody<Op, D>{out, a, b, c});
}

template <int N, class M>
inline Vec<uint8_t, N> to_bool(M mask) {
  return __builtin_convertvector(mask, Vec<int8_t, N>) != 0 ? Vec<uint8_t, N>{} + 1
                                                            : Vec<uint8_t, N>{};
}

template <class Op, Dt D>
struct TestBody {
  static constexpr int N = kNative<D>;
  void* out;
  const void* a;
  const void* b;

  template <int Count>
  VORAB_INLINE void run(size_t i) const {
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      const auto x = load<D, N>(a, i + k * N);
      if constexpr (Op::kArity == 2)
        store<Dt::Bool, N>(out, i + k * N, to_bool<N>(Op::apply(x, load<D, N>(b, i + k * N))));
      else
        store<Dt::Bool, N>(out, i + k * N, to_bool<N>(Op::apply(x)));
    }
  }
  void part(size_t i, size_t n) const {
    const auto x = load_part<D, N>(a, i, n);
    if constexpr (Op::kArity == 2)
      store_part<Dt::Bool, N>(out, i, n, to_bool<N>(Op::apply(x, load_part<D, N>(b, i, n))));
    else
      store_part<Dt::Bool, N>(out, i, n, to_bool<N>(Op::apply(x)));
  }
};

template <class Op, Dt D>
void map_test(void* out, const void* a, const void* b, const void*, const void*, size_t n) {
  each_vector<kNative<D>>(n, TestBody<Op, D>{out, a, b});
}

// Choosing moves bits: one instantiation per width.
template <class Op, Dt D>
struct ChooseBody {
  static constexpr int N = kNative<D>;
  using V = Vec<Compute<D>, N>;
  void* out;
  const void* condition;
  const void* x;
  const void* y;

  static Mask<V> mask(Vec<uint8_t, N> c) { return __builtin_convertvector(c, Mask<V>) != 0; }
  template <int Count>
  VORAB_INLINE void run(size_t i) const {
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      const size_t at = i + k * N;
      store<D, N>(
          out, at,
          Op::apply(mask(load<Dt::Bool, N>(condition, at)), load<D, N>(x, at), load<D, N>(y, at)));
    }
  }
  void part(size_t i, size_t n) const {
    store_part<D, N>(out, i, n,
                     Op::apply(mask(load_part<Dt::Bool, N>(condition, i, n)),
                               load_part<D, N>(x, i, n), load_part<D, N>(y, i, n)));
  }
};

template <class Op, Dt D>
void map_choose(void* out, const void* a, const void* b, const void* c, const void*, size_t n) {
  each_vector<kNative<D>>(n, ChooseBody<Op, D>{out, a, b, c});
}

}  // namespace vorab::blas::VORAB_ISA
