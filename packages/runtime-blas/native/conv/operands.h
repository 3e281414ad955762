// What the steps of a convolution share: dtypes, and where its operands lie.
#pragma once

#include "../gemm/wide.h"
#include "geometry.h"

namespace vorab::blas {

struct ConvTypes : WideTypes {
  ConvTypes(Dt type, const KernelTable& kernels)
      : WideTypes("a convolution", type, kernels),
        sum_products(kernels.sum_products[product == Dt::F64]) {}

  SumProductsFn sum_products;
};

// Each channel has one kernel of its own.
inline bool is_depthwise(const ConvShape& s) {
  return s.groups > 1 && s.channels == 1 && s.features == 1;
}

}  // namespace vorab::blas
