// Operands of products that may be halves: those are multiplied as f32 and rounded once.
#pragma once

#include "../kernels/table.h"
#include "block.h"

namespace vorab::blas {

inline int64_t round64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// Null where both are one dtype.
ScalarFn cast_kernel(const KernelTable& kernels, Dt from, Dt to);

struct WideTypes {
  // what: "a convolution", in the refusal of a dtype that is no float.
  WideTypes(const char* what, Dt dtype, const KernelTable& kernels);

  bool half() const { return widen != nullptr; }
  int64_t element() const { return static_cast<int64_t>(width(dtype)); }
  int64_t wide() const { return static_cast<int64_t>(width(product)); }
  int64_t bytes(int64_t elements) const { return round64(elements * wide()); }

  Dt dtype, product;
  ScalarFn widen = nullptr, narrow = nullptr;
  BlockProduct matrices;
};

// n elements as product dtype, from memory of dtype.
void take(std::byte* to, const std::byte* from, int64_t n, const WideTypes& types);
// n elements of product dtype, to memory of dtype.
void give(std::byte* to, const std::byte* from, int64_t n, const WideTypes& types);
// n elements of product dtype: to[i] += from[i].
void accumulate(std::byte* to, const std::byte* from, int64_t n, const WideTypes& types);

}  // namespace vorab::blas
