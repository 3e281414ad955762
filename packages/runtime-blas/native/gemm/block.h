// The product of two matrices that one task has at hand, by tiles of registers or by the BLAS.
#pragma once

#include "operand.h"
#include "product.h"

namespace vorab::blas {

class BlockProduct {
 public:
  BlockProduct(Dt dtype, const Tiles& tiles);
  // Whether there are products of the dtype; sums (add) are of f32 and f64 alone.
  explicit operator bool() const { return product_ != nullptr; }

  // c = a * b, or c += a * b. a: rows x inner, b: inner x cols; c: row-major with leading dimension
  // ldc.
  struct Call {
    MatrixView a, b;
    std::byte* c;
    int64_t ldc, rows, cols, inner;
    bool add;
  };
  void run(const Call& call, std::byte* scratch) const;
  int64_t scratch_bytes(int64_t inner) const;

 private:
  const Tiles* tiles_;  // null: the BLAS
  ProductFn product_, accumulating_;
};

}  // namespace vorab::blas
