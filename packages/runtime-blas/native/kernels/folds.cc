// An f32 op whose results are reduced in the same loop. The additions are those of `reduce_row`, in
// its order: a fold gives the bits that op and reduction give apart.
#include "pairs.h"
#include "reductions.h"

namespace vorab::blas::VORAB_ISA {
namespace {

using V = Vec<float, kNative<Dt::F32>>;
constexpr size_t N = kNative<Dt::F32>;

template <class Op, bool Stores>
struct Folded {
  float* out;
  const void* a;
  const void* b;
  const void* c;
  uint32_t fixed;

  VORAB_INLINE V at_vector(size_t i) const {
    V y{}, z{};
    const V x = load<Dt::F32, N>(a, at(i, fixed, 0));
    if constexpr (Op::kArity >= 2) y = load<Dt::F32, N>(b, at(i, fixed, 1));
    if constexpr (Op::kArity >= 3) z = load<Dt::F32, N>(c, at(i, fixed, 2));
    const V result = apply<Op>(x, y, z);
    if constexpr (Stores) store<Dt::F32, N>(out, i, result);
    return result;
  }
  V part(size_t i, size_t n) const {
    const V result = apply_part<Op, Dt::F32>(a, b, c, fixed, i, n);
    if constexpr (Stores) store_part<Dt::F32, N>(out, i, n, result);
    return result;
  }
  // One after the other, as reduce_short does.
  template <class R>
  float rest(size_t i, size_t n) const {
    float all = R::template identity<float>();
    for (; i < n; i += N) {
      const size_t count = n - i < N ? n - i : N;
      const V v = part(i, count);
      for (size_t k = 0; k < count; ++k) all = R::one(all, v[k]);
    }
    return all;
  }
};

template <class Op, class R, bool Stores>
float fold_row(void* out, const void* a, const void* b, const void* c, size_t n, uint32_t fixed) {
  const Folded<Op, Stores> folded{static_cast<float*>(out), a, b, c, fixed};
  if (n < 2 * N) return folded.template rest<R>(0, n);
  V acc[4];
  for (V& x : acc) x = splat<V>(R::template identity<float>());
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; ++k) acc[k] = R::combine(acc[k], folded.at_vector(i + k * N));
  }
  for (; i + N <= n; i += N) acc[0] = R::combine(acc[0], folded.at_vector(i));
  const float all = across<R>(R::combine(R::combine(acc[0], acc[1]), R::combine(acc[2], acc[3])));
  return i < n ? R::one(all, folded.template rest<R>(i, n)) : all;
}

template <class Op, class R>
void fold(void* acc, bool start, void* out, const void* a, const void* b, const void* c, size_t n,
          uint32_t fixed) {
  using A = Accumulator<R, Dt::F32>;
  const float row = out ? fold_row<Op, R, true>(out, a, b, c, n, fixed)
                        : fold_row<Op, R, false>(out, a, b, c, n, fixed);
  A* to = static_cast<A*>(acc);
  *to = start ? static_cast<A>(row) : R::one(*to, static_cast<A>(row));
}

template <class Op>
FoldFn fold_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::Sum: return &fold<Op, Sum>;
    case Reduction::Max: return &fold<Op, Max>;
    default: return nullptr;
  }
}

template <class First>
FoldFn fold_pair(uint16_t second, bool first_is_right, Reduction reduction) {
  switch (second) {
    case OP_add: return fold_of<Pair<First, op_add, false>>(reduction);
    case OP_mul: return fold_of<Pair<First, op_mul, false>>(reduction);
    case OP_sub:
      return first_is_right ? fold_of<Pair<First, op_sub, true>>(reduction)
                            : fold_of<Pair<First, op_sub, false>>(reduction);
    default: return nullptr;
  }
}

template <class First>
FoldFn fold_chain(uint16_t second, Reduction reduction) {
  switch (second) {
    case OP_mul: return fold_of<Chain<First, Square>>(reduction);
    case OP_exp: return fold_of<Chain<First, op_exp>>(reduction);
    default: return nullptr;
  }
}

template <class First>
FoldFn fold_after(const Folding& f) {
  switch (f.form) {
    case Folding::Form::One: return fold_of<First>(f.reduction);
    case Folding::Form::Pair: return fold_pair<First>(f.second, f.first_is_right, f.reduction);
    case Folding::Form::Chain: return fold_chain<First>(f.second, f.reduction);
  }
  return nullptr;
}

}  // namespace

FoldFn find_fold(const Folding& f) {
  switch (f.first) {
    case OP_add: return fold_after<op_add>(f);
    case OP_sub: return fold_after<op_sub>(f);
    case OP_mul: return fold_after<op_mul>(f);
    case OP_exp: return f.form == Folding::Form::One ? fold_of<op_exp>(f.reduction) : nullptr;
    default: return nullptr;
  }
}

}  // namespace vorab::blas::VORAB_ISA
