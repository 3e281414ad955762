// Rows of attention's scores: what a softmax and its gradient do to them while they are in cache.
#include "dispatch.h"
#include "reductions.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <class T>
using V = Vec<T, kVectorBytes / static_cast<int>(sizeof(T))>;

// f(i, count) for every vector of n elements, the last one of fewer lanes.
template <class T, class F>
VORAB_INLINE void each_part(size_t n, F f) {
  constexpr size_t kN = kLanes<V<T>>;
  size_t i = 0;
  for (; i + kN <= n; i += kN) f(i, kN);
  if (i < n) f(i, n - i);
}

template <class T>
VORAB_INLINE V<T> take(const void* from, size_t i, size_t count) {
  const T* at = static_cast<const T*>(from) + i;
  if (count < kLanes<V<T>>) return read_part<V<T>>(at, count);
  V<T> v;
  __builtin_memcpy(&v, at, sizeof v);
  return v;
}

template <class T>
VORAB_INLINE void put(void* to, size_t i, size_t count, V<T> v) {
  T* at = static_cast<T*>(to) + i;
  if (count < kLanes<V<T>>)
    write_part(at, count, v);
  else
    __builtin_memcpy(at, &v, sizeof v);
}

// Lanes whose byte is not 0.
template <class T>
VORAB_INLINE Mask<V<T>> seen_of(const uint8_t* seen, size_t step, size_t i, size_t count) {
  if (step == 0) return Mask<V<T>>{} - (seen[0] != 0);
  Vec<uint8_t, kLanes<V<T>>> bytes{};
  __builtin_memcpy(&bytes, seen + i, count);
  return lanes_as<Mask<V<T>>>(bytes) != 0;
}

template <class T>
VORAB_INLINE V<T> added_of(const void* added, size_t step, size_t i, size_t count) {
  if (step == 0) return splat<V<T>>(*static_cast<const T*>(added));
  return take<T>(added, i, count);
}

template <class T>
VORAB_INLINE void apply_mask(T* row, const RowMask& mask, size_t n) {
  constexpr T kHidden = static_cast<T>(-__builtin_inf());
  each_part<T>(n, [&](size_t i, size_t count) VORAB_LAMBDA {
    V<T> x = take<T>(row, i, count);
    if (mask.added != nullptr) x = x + added_of<T>(mask.added, mask.step, i, count);
    if (mask.seen != nullptr)
      x = seen_of<T>(mask.seen, mask.step, i, count) ? x : splat<V<T>>(kHidden);
    put<T>(row, i, count, x);
  });
}

// Four accumulators, so that one addition or maximum need not wait for the other.
template <class R, class T, class F>
VORAB_INLINE T fold(size_t n, F value) {
  constexpr size_t kN = kLanes<V<T>>;
  const V<T> none = splat<V<T>>(R::template identity<T>());
  V<T> acc[4] = {none, none, none, none};
  size_t i = 0;
  for (; i + 4 * kN <= n; i += 4 * kN) {
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; ++k) acc[k] = R::combine(acc[k], value(i + k * kN, kN));
  }
  for (; i + kN <= n; i += kN) acc[0] = R::combine(acc[0], value(i, kN));
  if (i < n) {
    const V<T> last = value(i, n - i);
    acc[1] = R::combine(acc[1], first_lanes<V<T>>(n - i) ? last : none);
  }
  return across<R>(R::combine(R::combine(acc[0], acc[1]), R::combine(acc[2], acc[3])));
}

// row[i] = exp(row[i] - the largest) for the n visible elements, 0 from there to `all`; the sum.
template <class T>
double weigh(void* data, const RowMask& mask, size_t n, size_t all) {
  T* row = static_cast<T*>(data);
  if (mask.added != nullptr || mask.seen != nullptr) apply_mask(row, mask, n);
  const T most =
      fold<Max, T>(n, [&](size_t i, size_t count) VORAB_LAMBDA { return take<T>(row, i, count); });
  const V<T> largest = splat<V<T>>(most);
  const T sum = fold<Sum, T>(n, [&](size_t i, size_t count) VORAB_LAMBDA {
    const V<T> e = op_exp::apply(take<T>(row, i, count) - largest);
    put<T>(row, i, count, e);
    return e;
  });
  each_part<T>(all - n,
               [&](size_t i, size_t count) VORAB_LAMBDA { put<T>(row + n, i, count, V<T>{}); });
  return static_cast<double>(sum);
}

// weights[i] *= factor; cotangent[i] = weights[i] * (cotangent[i] - along), 0 where it is not seen.
template <class T>
void differentiate(void* cotangent, void* weights, const RowMask& mask, double factor, double along,
                   size_t n, size_t all) {
  const V<T> scale = splat<V<T>>(static_cast<T>(factor)), mean = splat<V<T>>(static_cast<T>(along));
  each_part<T>(n, [&](size_t i, size_t count) VORAB_LAMBDA {
    const V<T> p = take<T>(weights, i, count) * scale;
    V<T> ds = p * (take<T>(cotangent, i, count) - mean);
    if (mask.seen != nullptr) ds = seen_of<T>(mask.seen, mask.step, i, count) ? ds : V<T>{};
    put<T>(weights, i, count, p);
    put<T>(cotangent, i, count, ds);
  });
  each_part<T>(all - n, [&](size_t i, size_t count) VORAB_LAMBDA {
    put<T>(static_cast<T*>(cotangent) + n, i, count, V<T>{});
  });
}

template <class T>
double dot(const void* a, const void* b, size_t n) {
  return static_cast<double>(fold<Sum, T>(n, [&](size_t i, size_t count) VORAB_LAMBDA {
    return take<T>(a, i, count) * take<T>(b, i, count);
  }));
}

template <class T>
void multiply(void* to, const void* from, double factor, size_t n) {
  const V<T> scale = splat<V<T>>(static_cast<T>(factor));
  each_part<T>(n, [&](size_t i, size_t count)
                      VORAB_LAMBDA { put<T>(to, i, count, take<T>(from, i, count) * scale); });
}

}  // namespace

void fill_scores(KernelTable& table) {
  table.scores[0] = {&weigh<float>, &differentiate<float>, &dot<float>, &multiply<float>};
  table.scores[1] = {&weigh<double>, &differentiate<double>, &dot<double>, &multiply<double>};
}

}  // namespace vorab::blas::VORAB_ISA
