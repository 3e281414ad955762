#include "operand.h"

#include <algorithm>
#include <bit>
#include <climits>

namespace vorab::blas {

bool readable(int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
              MatrixView& view) {
  if (rows > INT_MAX || cols > INT_MAX)
    throw Unsupported("a matrix with more than 2^31 - 1 rows or columns");
  const int64_t rs = rows == 1 ? std::max<int64_t>(cols, 1) : row_stride;
  const int64_t cs = cols == 1 ? std::max<int64_t>(rows, 1) : col_stride;
  if ((col_stride == 1 || cols == 1) && rs >= std::max<int64_t>(cols, 1) && rs <= INT_MAX) {
    view.ld = rs;
    view.transposed = false;
    return true;
  }
  if ((row_stride == 1 || rows == 1) && cs >= std::max<int64_t>(rows, 1) && cs <= INT_MAX) {
    view.ld = cs;
    view.transposed = true;
    return true;
  }
  return false;
}

Operand swapped(Operand operand) {
  std::swap(operand.row_stride, operand.col_stride);
  return operand;
}

void pack(std::byte* to, const std::byte* from, const Operand& operand, int64_t rows, int64_t cols,
          const KernelTable& kernels) {
  const auto log2 = std::countr_zero(width(operand.dtype));
  constexpr int64_t kRows = 64;  // few enough rows that their lines stay in cache
  for (int64_t r = 0; r < rows; r += kRows) {
    const auto n = static_cast<size_t>(std::min(kRows, rows - r));
    kernels.load[log2](to + ((r * cols) << log2), from + ((r * operand.row_stride) << log2),
                       {n, static_cast<size_t>(cols), operand.row_stride, operand.col_stride});
  }
}

}  // namespace vorab::blas
