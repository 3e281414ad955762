#include "block.h"

#include "packed.h"

namespace vorab::blas {
namespace {

Operand operand_of(const MatrixView& view) {
  Operand out;
  out.row_stride = view.transposed ? 1 : view.ld;
  out.col_stride = view.transposed ? view.ld : 1;
  return out;
}

const float* floats(const MatrixView& view) { return reinterpret_cast<const float*>(view.data); }

}  // namespace

BlockProduct::BlockProduct(Dt dtype, const Tiles& tiles)
    : tiles_(dtype == Dt::F32 && tiles.rows > 0 ? &tiles : nullptr),
      product_(product_of(dtype)),
      accumulating_(accumulating_product_of(dtype)) {}

int64_t BlockProduct::scratch_bytes(int64_t inner) const {
  return tiles_ == nullptr ? 0 : PackedProduct(*tiles_, {}, 1, inner).scratch_bytes();
}

void BlockProduct::run(const Call& call, std::byte* scratch) const {
  const auto& [a, b, c, ldc, rows, cols, inner, add] = call;
  constexpr int64_t kLeastRows = 8;  // that pay for packing the right operand
  if (tiles_ != nullptr && inner > 0 && rows >= kLeastRows) {
    const PackedProduct product(*tiles_, operand_of(a), rows, inner);
    if (!product.packs_left()) {
      const Operand right = operand_of(b);
      product.multiply(floats(a), product.panels(rows),
                       {floats(b), right.row_stride, right.col_stride, false},
                       {reinterpret_cast<float*>(c), ldc, cols, add}, scratch);
      return;
    }
  }
  (add ? accumulating_ : product_)(a, b, c, ldc, rows, cols, inner);
}

}  // namespace vorab::blas
