// One matrix operand of a product: how BLAS can read it, or that it has to be packed first.
#pragma once

#include <cstddef>

#include "../tape/source.h"

namespace vorab::blas {

struct Operand {
  uint32_t value = 0;
  Dt dtype = Dt::F32;
  int64_t offset = 0;
  std::vector<int64_t> batch;  // strides
  int64_t row_stride = 0, col_stride = 0;
};

// A block of an operand as the product reads it: row-major with leading dimension ld, or
// transposed.
struct MatrixView {
  const std::byte* data = nullptr;
  int64_t ld = 1;
  bool transposed = false;
};

// Whether a rows x cols block can be read in place; sets view.ld and view.transposed.
bool readable(int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride, MatrixView& view);

// The transpose.
Operand swapped(Operand operand);

// Copies a strided block to dense row-major memory of the same dtype.
void pack(std::byte* to, const std::byte* from, const Operand& operand, int64_t rows, int64_t cols,
          const KernelTable& kernels);

}  // namespace vorab::blas
