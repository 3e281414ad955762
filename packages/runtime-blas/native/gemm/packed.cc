#include "packed.h"

#include <algorithm>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kInner = 512;  // panels of the right operand stay in the second cache
constexpr int64_t kPanels = 1;
constexpr int64_t kLines = 32;

}  // namespace

// Equal parts, each a multiple of what is packed at once.
int64_t PackedProduct::inner_at_once() const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  const int64_t parts = ceil_div(inner_, kInner);
  return ceil_div(ceil_div(inner_, parts), lanes) * lanes;
}

int64_t PackedProduct::scratch_bytes() const {
  return inner_at_once() * kPanels * 2 * static_cast<int64_t>(tiles_->lanes * sizeof(float));
}

void PackedProduct::pack_left(float* to, const float* a, const Operand& operand, RowPanels block,
                              int64_t from, int64_t until) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  for (int64_t k = from; k < until; k += kLines) {
    const auto lines = static_cast<size_t>(std::min(kLines, until - k));
    for (int64_t p = 0; p < block.count; ++p) {
      const int64_t row = block.first(p), rows = block.first(p + 1) - row;
      tiles_->pack(to + p * panel_elements() + k * lanes, tiles_->lanes,
                   a + row * operand.row_stride + k * operand.col_stride,
                   {lines, operand.col_stride, operand.row_stride}, static_cast<size_t>(rows));
    }
  }
}

// Lines that follow one another in memory are short strips of long rows: some lines of all strips
// at a time, so that rows are read from end to end.
void PackedProduct::pack_right(float* to, const float* b, const Operand& operand, int64_t inner,
                               int64_t columns) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  const int64_t at_once = operand.col_stride == 1 ? kLines : inner;
  for (int64_t k = 0; k < inner; k += at_once) {
    const int64_t lines = std::min(at_once, inner - k);
    for (int64_t j = 0; j < columns; j += lanes) {
      float* panel = to + j / (2 * lanes) * (2 * lanes) * inner + j % (2 * lanes);
      tiles_->pack(panel + k * 2 * lanes, 2 * tiles_->lanes,
                   b + k * operand.row_stride + j * operand.col_stride,
                   {static_cast<size_t>(lines), operand.row_stride, operand.col_stride},
                   static_cast<size_t>(std::min(lanes, columns - j)));
    }
  }
}

void PackedProduct::multiply(const float* left, RowPanels block, const float* b,
                             const Operand& operand, float* c, int64_t ldc, int64_t columns,
                             std::byte* scratch) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  auto* right = reinterpret_cast<float*>(scratch);
  const int64_t step = inner_at_once(), wide = kPanels * 2 * lanes;
  for (int64_t j = 0; j < columns; j += wide) {
    const int64_t width = std::min(wide, columns - j);
    for (int64_t k = 0; k < inner_; k += step) {
      const int64_t inner = std::min(step, inner_ - k);
      pack_right(right, b + k * operand.row_stride + j * operand.col_stride, operand, inner, width);
      for (int64_t i = 0; i < width; i += 2 * lanes) {
        for (int64_t p = 0; p < block.count; ++p) {
          const int64_t from = block.first(p), rows = block.first(p + 1) - from;
          tiles_->tile(static_cast<size_t>(rows))(
              left + p * panel_elements() + k * lanes, right + i * inner,
              static_cast<size_t>(inner), c + from * ldc + j + i, ldc,
              static_cast<size_t>(std::min(2 * lanes, width - i)), k > 0);
        }
      }
    }
  }
}

}  // namespace vorab::blas
