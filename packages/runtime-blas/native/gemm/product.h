// c = a * b for one block, single-threaded.
#pragma once

#include <string>

#include "operand.h"

namespace vorab::blas {

// c: rows x cols, row-major with leading dimension ldc. a: rows x inner, b: inner x cols.
using ProductFn = void (*)(const MatrixView& a, const MatrixView& b, std::byte* c, int64_t ldc,
                           int64_t rows, int64_t cols, int64_t inner);

// Null when the dtype has no product of its own.
ProductFn product_of(Dt dtype);
// c += a * b, of f32 and f64.
ProductFn accumulating_product_of(Dt dtype);

// The BLAS runs single-threaded; call once before any product.
void prepare_blas();
std::string blas_version();

}  // namespace vorab::blas
