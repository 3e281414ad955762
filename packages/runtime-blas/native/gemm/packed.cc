#include "packed.h"

#include <algorithm>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kInner = 512;  // a panel of the right operand stays in the first or second cache
constexpr int64_t kLines = 32;   // so that short strips of long rows are read from end to end

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

void PackedProduct::pack_right(float* to, const float* b, const Operand& operand, int64_t inner,
                               int64_t columns) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  for (int64_t j = 0; j < columns; j += lanes) {
    tiles_->pack(to + j, 2 * tiles_->lanes, b + j * operand.col_stride,
                 {static_cast<size_t>(inner), operand.row_stride, operand.col_stride},
                 static_cast<size_t>(std::min(lanes, columns - j)));
  }
}

// Part `at` of `of` of the lines that the next call of pack_right reads.
void PackedProduct::prefetch(const float* b, const Operand& operand, int64_t inner, int64_t at,
                             int64_t of) const {
  constexpr int64_t kCacheLine = 16;    // elements
  if (operand.col_stride != 1) return;  // long streams, which the hardware sees by itself
  const auto width = static_cast<int64_t>(2 * tiles_->lanes);
  for (int64_t k = inner * at / of; k < inner * (at + 1) / of; ++k) {
    const float* line = b + k * operand.row_stride;
    for (int64_t j = 0; j < width; j += kCacheLine) __builtin_prefetch(line + j, 0, 2);
  }
}

void PackedProduct::multiply(const float* left, RowPanels block, const float* b,
                             const Operand& operand, float* c, int64_t ldc, int64_t columns,
                             bool last, std::byte* scratch) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  auto* right = reinterpret_cast<float*>(scratch);
  const int64_t step = inner_at_once(), wide = 2 * lanes;
  const int64_t parts = ceil_div(inner_, step);
  const auto start = [&](int64_t i) {
    return b + i % parts * step * operand.row_stride + i / parts * wide * operand.col_stride;
  };
  const auto depth = [&](int64_t i) { return std::min(step, inner_ - i % parts * step); };
  const int64_t panels = ceil_div(columns, wide) * parts;
  for (int64_t i = 0; i < panels; ++i) {
    const int64_t j = i / parts * wide, k = i % parts * step;
    const int64_t width = std::min(wide, columns - j);
    pack_right(right, start(i), operand, depth(i), width);
    for (int64_t p = 0; p < block.count; ++p) {
      // Behind this block's columns lie those of the next one, which most often follows here.
      if (i + 1 < panels || !last) prefetch(start(i + 1), operand, depth(i + 1), p, block.count);
      const int64_t from = block.first(p), rows = block.first(p + 1) - from;
      tiles_->tile(static_cast<size_t>(rows))(left + p * panel_elements() + k * lanes, right,
                                              static_cast<size_t>(depth(i)), c + from * ldc + j,
                                              ldc, static_cast<size_t>(width), k > 0);
    }
  }
}

}  // namespace vorab::blas
