// Sums of products of rows, all columns at once: what convolutions of single channels are made of.
#include "dispatch.h"
#include "vec.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <class V>
inline V load(const void* row, size_t at) {
  V x;
  __builtin_memcpy(&x, static_cast<const Lane<V>*>(row) + at, sizeof x);
  return x;
}

// Columns [at, at + Width vectors) of the sum, which stay in registers over all rows.
template <class V, int Width>
inline void sum_block(Lane<V>* out, const void* const* a, const void* const* b, size_t rows,
                      size_t at, bool add) {
  V sums[Width];
#pragma GCC unroll 8
  for (int i = 0; i < Width; ++i) sums[i] = add ? load<V>(out, at + i * kLanes<V>) : V{};
  for (size_t r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < Width; ++i) {
      const size_t c = at + static_cast<size_t>(i * kLanes<V>);
      sums[i] = madd(load<V>(a[r], c), load<V>(b[r], c), sums[i]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Width; ++i) __builtin_memcpy(out + at + i * kLanes<V>, &sums[i], sizeof(V));
}

template <class T>
void sum_products(void* to, const void* const* a, const void* const* b, size_t rows, size_t columns,
                  bool add) {
  using V = Vec<T, kVectorBytes / static_cast<int>(sizeof(T))>;
  using One = Vec<T, 1>;
  T* out = static_cast<T*>(to);
  size_t at = 0;
  for (; at + 4 * kLanes<V> <= columns; at += 4 * kLanes<V>)
    sum_block<V, 4>(out, a, b, rows, at, add);
  for (; at + kLanes<V> <= columns; at += kLanes<V>) sum_block<V, 1>(out, a, b, rows, at, add);
  for (; at < columns; ++at) sum_block<One, 1>(out, a, b, rows, at, add);
}

}  // namespace

void fill_sums(KernelTable& table) {
  table.sum_products[0] = &sum_products<float>;
  table.sum_products[1] = &sum_products<double>;
}

}  // namespace vorab::blas::VORAB_ISA
