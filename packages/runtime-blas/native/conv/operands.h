// What the steps of a convolution share: dtypes, and where its operands lie.
#pragma once

#include "../gemm/block.h"
#include "../kernels/table.h"
#include "geometry.h"

namespace vorab::blas {

inline int64_t round64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// Halves are multiplied as f32 and rounded once.
struct ConvTypes {
  ConvTypes(Dt dtype, const KernelTable& kernels);

  bool half() const { return widen != nullptr; }
  int64_t element() const { return static_cast<int64_t>(width(dtype)); }
  int64_t wide() const { return static_cast<int64_t>(width(product)); }
  int64_t bytes(int64_t elements) const { return round64(elements * wide()); }

  Dt dtype, product;
  ScalarFn widen = nullptr, narrow = nullptr;
  BlockProduct matrices;
  SumProductsFn sum_products = nullptr;
};

// n elements as product dtype, from memory of dtype.
void take(std::byte* to, const std::byte* from, int64_t n, const ConvTypes& types);
// n elements of product dtype, to memory of dtype.
void give(std::byte* to, const std::byte* from, int64_t n, const ConvTypes& types);

// Each channel has one kernel of its own.
inline bool is_depthwise(const ConvShape& s) {
  return s.groups > 1 && s.channels == 1 && s.features == 1;
}

}  // namespace vorab::blas
