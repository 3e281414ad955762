// Reductions of dense registers. A block is combined in the element type in four independent
// vectors; blocks are accumulated in f64 for sums and products of floats, so that a long sum is as
// good as a pairwise one.
#include "dispatch.h"
#include "reductions.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <class R, Dt D>
Compute<D> reduce_row(const void* base, size_t at, size_t n) {
  constexpr int N = kNative<D>;
  using V = Vec<Compute<D>, N>;
  V acc[4];
  for (V& a : acc) a = splat<V>(R::template identity<Compute<D>>());
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) acc[k] = R::combine(acc[k], load<D, N>(base, at + i + k * N));
  }
  for (; i + N <= n; i += N) acc[0] = R::combine(acc[0], load<D, N>(base, at + i));
  const Compute<D> all =
      across<R>(R::combine(R::combine(acc[0], acc[1]), R::combine(acc[2], acc[3])));
  return i < n ? R::one(all, reduce_short<R, D>(base, at + i, n - i)) : all;
}

template <class R, Dt D>
void rows(void* acc, const void* reg, size_t rows, size_t cols, bool start) {
  using A = Accumulator<R, D>;
  constexpr size_t kShort = 2 * kNative<D>;
  A* out = static_cast<A*>(acc);
  for (size_t r = 0; r < rows; ++r) {
    const A x = static_cast<A>(cols < kShort ? reduce_short<R, D>(reg, r * cols, cols)
                                             : reduce_row<R, D>(reg, r * cols, cols));
    out[r] = start ? x : R::one(out[r], x);
  }
}

template <class R, Dt D>
void columns(void* acc, const void* data, size_t rows, size_t cols, int64_t stride, bool start) {
  using A = Accumulator<R, D>;
  constexpr int N = kVectorBytes / static_cast<int>(sizeof(A));
  A* out = static_cast<A*>(acc);
  for (size_t c = 0; c < cols; c += N) {
    const size_t n = cols - c < N ? cols - c : N;
    const auto* at = static_cast<const Storage<D>*>(data) + c;
    auto sum = n == N ? load<D, N>(at, 0) : load_part<D, N>(at, 0, n);
    for (size_t r = 1; r < rows; ++r) {
      at += stride;
      sum = R::combine(sum, n == N ? load<D, N>(at, 0) : load_part<D, N>(at, 0, n));
    }
    Vec<A, N> x = __builtin_convertvector(sum, Vec<A, N>);
    Vec<A, N> old{};
    if (!start) __builtin_memcpy(&old, out + c, n * sizeof(A));
    if (!start) x = R::combine(old, x);
    __builtin_memcpy(out + c, &x, n * sizeof(A));
  }
}

template <class R, Dt D>
void finish(void* out, const void* acc, size_t n) {
  using A = Accumulator<R, D>;
  for (size_t i = 0; i < n; ++i) {
    Vec<Compute<D>, 4> v =
        splat<Vec<Compute<D>, 4>>(static_cast<Compute<D>>(static_cast<const A*>(acc)[i]));
    store_part<D, 4>(out, i, 1, v);
  }
}

template <class R, Dt D>
void merge(void* acc, const void* other, size_t n) {
  using A = Accumulator<R, D>;
  A* out = static_cast<A*>(acc);
  for (size_t i = 0; i < n; ++i) out[i] = R::one(out[i], static_cast<const A*>(other)[i]);
}

template <class R, Dt D>
void identity(void* acc, size_t n) {
  using A = Accumulator<R, D>;
  for (size_t i = 0; i < n; ++i) static_cast<A*>(acc)[i] = R::template identity<A>();
}

template <class R, Dt D>
bool fill(Reducer& out) {
  out = {&rows<R, D>,  &columns<R, D>,  &finish<R, D>,
         &merge<R, D>, &identity<R, D>, sizeof(Accumulator<R, D>)};
  return true;
}

template <class R>
bool find_number(Dt dtype, Reducer& out) {
  switch (dtype) {
    case Dt::Bool: return false;
    case Dt::U8: return fill<R, Dt::U8>(out);
    case Dt::I8: return fill<R, Dt::I8>(out);
    case Dt::U32: return fill<R, Dt::U32>(out);
    case Dt::I32: return fill<R, Dt::I32>(out);
    case Dt::I64: return fill<R, Dt::I64>(out);
    case Dt::F16: return fill<R, Dt::F16>(out);
    case Dt::BF16: return fill<R, Dt::BF16>(out);
    case Dt::F32: return fill<R, Dt::F32>(out);
    case Dt::F64: return fill<R, Dt::F64>(out);
  }
  return false;
}

}  // namespace

bool find_reducer(Reduction reduction, Dt dtype, Reducer& out) {
  switch (reduction) {
    case Reduction::Sum: return find_number<Sum>(dtype, out);
    case Reduction::Prod: return find_number<Prod>(dtype, out);
    case Reduction::Max: return find_number<Max>(dtype, out);
    case Reduction::Min: return find_number<Min>(dtype, out);
    case Reduction::Any: return dtype == Dt::Bool && fill<Any, Dt::Bool>(out);
    case Reduction::All: return dtype == Dt::Bool && fill<All, Dt::Bool>(out);
  }
  return false;
}

}  // namespace vorab::blas::VORAB_ISA
