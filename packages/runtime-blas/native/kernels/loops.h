// The leaf loops: four vectors a turn, then single vectors, then a part of one.
#pragma once

#include "../scalar_ops.h"
#include "elem.h"
#include "table.h"

namespace vorab::blas::VORAB_ISA {

// A call per turn would cost as much as the turn.
#define VORAB_INLINE __attribute__((always_inline)) inline
#define VORAB_LAMBDA __attribute__((always_inline))

// body.run<Count>(i): Count vectors from element i; body.part(i, n): fewer than one vector. Turns
// of four vectors are for the dtypes that models compute in; for the others one at a time keeps
// builds short.
template <int N, int Turn, class Body>
VORAB_INLINE void each_vector(size_t n, const Body& body) {
  size_t i = 0;
  if constexpr (Turn > 1) {
    for (; i + Turn * N <= n; i += Turn * N) body.template run<Turn>(i);
  }
  for (; i + N <= n; i += N) body.template run<1>(i);
  if (i < n) body.part(i, n - i);
}

template <Dt D>
inline constexpr int kTurn = width(D) == 4 || D == Dt::Bool ? 4 : 1;

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

// Where to read operand `k` for the turn at element i: a fixed one is read again and again.
VORAB_INLINE size_t at(size_t i, uint32_t fixed, int k) { return (fixed >> k & 1) != 0 ? 0 : i; }

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

// The same of the n elements from i on, fewer than a vector; those of operands that `fixed` names
// are read from the beginning.
template <class Op, Dt D>
VORAB_INLINE Vec<Compute<D>, kNative<D>> apply_part(const void* a, const void* b, const void* c,
                                                    uint32_t fixed, size_t i, size_t n) {
  constexpr int N = kNative<D>;
  using V = Vec<Compute<D>, N>;
  V x = load_part<D, N>(a, at(i, fixed, 0), n), y{}, z{};
  if constexpr (Op::kArity >= 2) y = load_part<D, N>(b, at(i, fixed, 1), n);
  if constexpr (Op::kArity >= 3) z = load_part<D, N>(c, at(i, fixed, 2), n);
  return apply<Op>(x, y, z);
}

template <class Op, Dt D>
struct SameBody {
  static constexpr int N = kNative<D>;
  using V = Vec<Compute<D>, N>;
  void* out;
  const void* a;
  const void* b;
  const void* c;
  uint32_t fixed;

  template <int Count>
  VORAB_INLINE void run(size_t i) const {
    V x[Count], y[Count], z[Count];
    const size_t ia = at(i, fixed, 0), ib = at(i, fixed, 1), ic = at(i, fixed, 2);
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      x[k] = load<D, N>(a, ia + k * N);
      if constexpr (Op::kArity >= 2) y[k] = load<D, N>(b, ib + k * N);
      if constexpr (Op::kArity >= 3) z[k] = load<D, N>(c, ic + k * N);
    }
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) x[k] = apply<Op>(x[k], y[k], z[k]);
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) store<D, N>(out, i + k * N, x[k]);
  }
  void part(size_t i, size_t n) const {
    store_part<D, N>(out, i, n, apply_part<Op, D>(a, b, c, fixed, i, n));
  }
};

template <class Op, Dt D>
void map_same(void* out, const void* a, const void* b, const void* c, const void*, size_t n,
              uint32_t fixed) {
  each_vector<kNative<D>, kTurn<D>>(n, SameBody<Op, D>{out, a, b, c, fixed});
}

template <int N, class M>
inline Vec<uint8_t, N> to_bool(M mask) {
  return lanes_as<Vec<uint8_t, N>>(mask) & 1;
}

template <class Op, Dt D>
struct TestBody {
  static constexpr int N = kNative<D>;
  using V = Vec<Compute<D>, N>;
  void* out;
  const void* a;
  const void* b;
  uint32_t fixed;

  static Vec<uint8_t, N> test(V x, V y) {
    if constexpr (Op::kArity == 2)
      return to_bool<N>(Op::apply(x, y));
    else
      return to_bool<N>(Op::apply(x));
  }
  template <int Count>
  VORAB_INLINE void run(size_t i) const {
    const size_t ia = at(i, fixed, 0), ib = at(i, fixed, 1);
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      const V x = load<D, N>(a, ia + k * N);
      V y{};
      if constexpr (Op::kArity == 2) y = load<D, N>(b, ib + k * N);
      store<Dt::Bool, N>(out, i + k * N, test(x, y));
    }
  }
  void part(size_t i, size_t n) const {
    const V x = load_part<D, N>(a, at(i, fixed, 0), n);
    V y{};
    if constexpr (Op::kArity == 2) y = load_part<D, N>(b, at(i, fixed, 1), n);
    store_part<Dt::Bool, N>(out, i, n, test(x, y));
  }
};

template <class Op, Dt D>
void map_test(void* out, const void* a, const void* b, const void*, const void*, size_t n,
              uint32_t fixed) {
  each_vector<kNative<D>, kTurn<D>>(n, TestBody<Op, D>{out, a, b, fixed});
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
  uint32_t fixed;

  static Mask<V> mask(Vec<uint8_t, N> c) { return lanes_as<Mask<V>>(c) != 0; }
  template <int Count>
  VORAB_INLINE void run(size_t i) const {
    const size_t ic = at(i, fixed, 0), ix = at(i, fixed, 1), iy = at(i, fixed, 2);
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      const auto chosen = mask(load<Dt::Bool, N>(condition, ic + k * N));
      store<D, N>(out, i + k * N,
                  Op::apply(chosen, load<D, N>(x, ix + k * N), load<D, N>(y, iy + k * N)));
    }
  }
  void part(size_t i, size_t n) const {
    const auto chosen = mask(load_part<Dt::Bool, N>(condition, at(i, fixed, 0), n));
    store_part<D, N>(out, i, n,
                     Op::apply(chosen, load_part<D, N>(x, at(i, fixed, 1), n),
                               load_part<D, N>(y, at(i, fixed, 2), n)));
  }
};

template <class Op, Dt D>
void map_choose(void* out, const void* a, const void* b, const void* c, const void*, size_t n,
                uint32_t fixed) {
  each_vector<kNative<D>, kTurn<D>>(n, ChooseBody<Op, D>{out, a, b, c, fixed});
}

}  // namespace vorab::blas::VORAB_ISA
