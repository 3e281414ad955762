#include "packed.h"

#include <algorithm>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kInner = 512;  // a panel of the right operand stays in the first or second cache
constexpr int64_t kLines = 32;   // so that short strips of long rows are read from end to end

// Whether the cache lines of a tile's rows, read side by side, evict each other from a first cache
// of 64 sets of 8: so they do where rows are about a multiple of 4 KiB apart.
bool crowds(int64_t row_stride, size_t rows) {
  constexpr int64_t kLine = 64, kSets = 64, kWays = 8;
  int64_t in_set[kSets] = {};
  const int64_t bytes = row_stride * static_cast<int64_t>(sizeof(float));
  for (size_t r = 0; r < rows; ++r) ++in_set[static_cast<int64_t>(r) * bytes / kLine % kSets];
  return *std::max_element(std::begin(in_set), std::end(in_set)) >= kWays;
}

// Rows that overlap in memory look like packed ones to a tile.
bool readable_rows(const Operand& left, int64_t inner, size_t rows) {
  return inner == 1 ||
         (left.col_stride == 1 && left.row_stride >= inner && !crowds(left.row_stride, rows));
}

}  // namespace

PackedProduct::PackedProduct(const Tiles& tiles, const Operand& left, int64_t block_rows,
                             int64_t inner)
    : tiles_(&tiles),
      left_(left),
      inner_(inner),
      per_block_(panels(block_rows).count),
      packs_left_(!readable_rows(left, inner, tiles.rows)) {}

// Panels of the right operand in the order in which they are used: all parts of the inner extent,
// then the next columns.
struct PackedProduct::RightPanel {
  int64_t k, inner;    // its lines
  int64_t j, columns;  // of the block
  Rows lines;
};

// Equal parts, each a multiple of what is packed at once.
int64_t PackedProduct::inner_at_once() const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  const int64_t parts = ceil_div(inner_, kInner);
  return ceil_div(ceil_div(inner_, parts), lanes) * lanes;
}

int64_t PackedProduct::scratch_bytes() const {
  return inner_at_once() * 2 * static_cast<int64_t>(tiles_->lanes * sizeof(float));
}

void PackedProduct::pack_left(float* to, const float* a, RowPanels block, int64_t from,
                              int64_t until) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  for (int64_t k = from; k < until; k += kLines) {
    const auto lines = static_cast<size_t>(std::min(kLines, until - k));
    for (int64_t p = 0; p < block.count; ++p) {
      const int64_t row = block.first(p), rows = block.first(p + 1) - row;
      tiles_->pack(to + p * panel_elements() + k * lanes, tiles_->lanes,
                   a + row * left_.row_stride + k * left_.col_stride,
                   {lines, left_.col_stride, left_.row_stride}, static_cast<size_t>(rows));
    }
  }
}

Left PackedProduct::left_panel(const float* left, RowPanels block, int64_t panel, int64_t k) const {
  if (!packs_left_) return {left + block.first(panel) * left_.row_stride + k, left_.row_stride};
  return {left + panel * panel_elements() + k * static_cast<int64_t>(tiles_->lanes), 1};
}

void PackedProduct::pack_right(float* to, const RightPanel& panel, const Operand& operand) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  for (int64_t j = 0; j < panel.columns; j += lanes) {
    tiles_->pack(to + j, 2 * tiles_->lanes, panel.lines.data + j * operand.col_stride,
                 {static_cast<size_t>(panel.inner), operand.row_stride, operand.col_stride},
                 static_cast<size_t>(std::min(lanes, panel.columns - j)));
  }
}

PackedProduct::RightPanel PackedProduct::right_panel(const float* b, const Operand& operand,
                                                     int64_t columns, int64_t index) const {
  const auto wide = 2 * static_cast<int64_t>(tiles_->lanes);
  const int64_t step = inner_at_once(), parts = ceil_div(inner_, step);
  const int64_t k = index % parts * step, j = index / parts * wide;
  return {k,
          std::min(step, inner_ - k),
          j,
          std::min(wide, columns - j),
          {b + k * operand.row_stride + j * operand.col_stride, operand.row_stride}};
}

void PackedProduct::multiply(const float* left, RowPanels block, const float* b,
                             const Operand& operand, float* c, int64_t ldc, int64_t columns,
                             bool last, std::byte* scratch) const {
  const auto wide = 2 * static_cast<int64_t>(tiles_->lanes);
  auto* packed = reinterpret_cast<float*>(scratch);
  const int64_t panels = ceil_div(columns, wide) * ceil_div(inner_, inner_at_once());
  for (int64_t i = 0; i < panels; ++i) {
    const RightPanel panel = right_panel(b, operand, columns, i),
                     next = right_panel(b, operand, columns, i + 1);
    // Whole lines are packed by the first tile, which computes while they come; long columns are
    // streams, which the hardware fetches by itself.
    const bool lines = operand.col_stride == 1, whole = lines && panel.columns == wide;
    if (!whole) pack_right(packed, panel, operand);
    // Behind this block's columns lie those of the next one, which most often follows here.
    const bool fetches = lines && (i + 1 < panels || !last);
    for (int64_t p = 0; p < block.count; ++p) {
      const int64_t from = block.first(p), rows = block.first(p + 1) - from;
      const bool packs = whole && p == 0;
      Rows ahead{packed, 0};
      if (fetches && p > 0) {
        const int64_t line = next.inner * (p - 1) / (block.count - 1);
        ahead = {next.lines.data + line * next.lines.step, next.lines.step};
      }
      tiles_->tile(static_cast<size_t>(rows))(
          left_panel(left, block, p, panel.k), packs ? panel.lines : Rows{packed, wide},
          packs ? packed : nullptr, static_cast<size_t>(panel.inner), c + from * ldc + panel.j, ldc,
          static_cast<size_t>(panel.columns), panel.k > 0, ahead);
    }
  }
}

}  // namespace vorab::blas
