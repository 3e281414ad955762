#include "packed.h"

#include <algorithm>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kInner = 512;  // a panel of the right operand stays in the first or second cache

}  // namespace

// Equal parts, each a multiple of what is packed at once.
int64_t PackedProduct::inner_at_once() const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  const int64_t parts = ceil_div(inner_, kInner);
  return ceil_div(ceil_div(inner_, parts), lanes) * lanes;
}

int64_t PackedProduct::scratch_bytes() const {
  return inner_at_once() * 2 * static_cast<int64_t>(tiles_->lanes * sizeof(float));
}

void PackedProduct::pack_left(float* to, const float* a, const Operand& operand, RowPanels block,
                              int64_t panel) const {
  const int64_t from = block.first(panel), rows = block.first(panel + 1) - from;
  tiles_->pack(to, tiles_->lanes, a + from * operand.row_stride,
               {static_cast<size_t>(inner_), operand.col_stride, operand.row_stride},
               static_cast<size_t>(rows));
}

void PackedProduct::multiply(const float* left, RowPanels block, const float* b,
                             const Operand& operand, float* c, int64_t ldc, int64_t columns,
                             std::byte* scratch) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  auto* right = reinterpret_cast<float*>(scratch);
  const int64_t step = inner_at_once();
  for (int64_t j = 0; j < columns; j += 2 * lanes) {
    const int64_t width = std::min(2 * lanes, columns - j);
    for (int64_t k = 0; k < inner_; k += step) {
      const int64_t inner = std::min(step, inner_ - k);
      const Lines lines{static_cast<size_t>(inner), operand.row_stride, operand.col_stride};
      for (int64_t half = 0; half < 2; ++half) {
        const int64_t count = std::clamp<int64_t>(width - half * lanes, 0, lanes);
        if (count == 0) continue;  // no tile stores those columns
        tiles_->pack(right + half * lanes, 2 * tiles_->lanes,
                     b + k * operand.row_stride + (j + half * lanes) * operand.col_stride, lines,
                     static_cast<size_t>(count));
      }
      for (int64_t p = 0; p < block.count; ++p) {
        const int64_t from = block.first(p), rows = block.first(p + 1) - from;
        tiles_->tile(static_cast<size_t>(rows))(left + p * panel_elements() + k * lanes, right,
                                                static_cast<size_t>(inner), c + from * ldc + j, ldc,
                                                static_cast<size_t>(width), k > 0);
      }
    }
  }
}

}  // namespace vorab::blas
