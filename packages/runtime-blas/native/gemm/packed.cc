#include "packed.h"

#include <algorithm>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kInner = 1024;  // a panel of the right operand stays in the second cache
constexpr int64_t kLines = 32;    // so that short strips of long rows are read from end to end

// Whether cache lines `stride` elements apart evict each other from a first cache of 64 sets of 8:
// so they do where the stride is about a multiple of 4 KiB.
bool crowd(int64_t stride, size_t lines) {
  constexpr int64_t kLine = 64, kSets = 64, kWays = 8;
  int64_t in_set[kSets] = {};
  const int64_t bytes = stride * static_cast<int64_t>(sizeof(float));
  for (size_t i = 0; i < lines; ++i) ++in_set[static_cast<int64_t>(i) * bytes / kLine % kSets];
  return *std::max_element(std::begin(in_set), std::end(in_set)) >= kWays;
}

}  // namespace

// Whether tiles can read it where it lies. Rows side by side share cache lines with the next tile's
// when the tile is narrow; contiguous rows that overlap in memory are not told from those.
bool PackedProduct::reads_left(const Tiles& tiles, const Operand& left, int64_t inner) {
  constexpr size_t kLineElements = 16;
  const size_t rows = tiles.rows;
  if (left.row_stride == 1)
    return 2 * rows > kLineElements || !crowd(left.col_stride, kLineElements);
  return left.col_stride == 1 && left.row_stride >= inner && !crowd(left.row_stride, rows);
}

PackedProduct::PackedProduct(const Tiles& tiles, const Operand& left, int64_t block_rows,
                             int64_t inner)
    : tiles_(&tiles),
      left_(left),
      inner_(inner),
      per_block_(panels(block_rows).count),
      packs_left_(!reads_left(tiles, left, inner)) {}

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
  const int64_t parts = std::max<int64_t>(ceil_div(inner_, kInner), 1);
  return ceil_div(ceil_div(inner_, parts), lanes) * lanes;
}

// Enough for every smaller inner extent too.
int64_t PackedProduct::scratch_bytes() const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  const int64_t lines = ceil_div(std::min(inner_, kInner), lanes) * lanes;
  return lines * 2 * lanes * static_cast<int64_t>(sizeof(float));
}

// The hardware fetches ahead where it reads long pieces of rows.
int64_t PackedProduct::left_lines() const {
  constexpr int64_t kAlong = 128;
  return left_.col_stride == 1 ? kAlong : kLines;
}

void PackedProduct::pack_left(float* to, const float* a, RowPanels block, int64_t from,
                              int64_t until) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  const int64_t step = left_lines();
  for (int64_t k = from; k < until; k += step) {
    const auto lines = static_cast<size_t>(std::min(step, until - k));
    for (int64_t p = 0; p < block.count; ++p) {
      const int64_t row = block.first(p), rows = block.first(p + 1) - row;
      tiles_->pack(to + p * panel_elements() + k * lanes, tiles_->lanes,
                   a + row * left_.row_stride + k * left_.col_stride,
                   {lines, left_.col_stride, left_.row_stride}, static_cast<size_t>(rows));
    }
  }
}

Left PackedProduct::left_panel(const float* left, RowPanels block, int64_t panel, int64_t k) const {
  if (!packs_left_) {
    const float* first = left + block.first(panel) * left_.row_stride + k * left_.col_stride;
    return {first, left_.row_stride, left_.col_stride};
  }
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  return {left + panel * panel_elements() + k * lanes, 1, lanes};
}

void PackedProduct::pack_right(float* to, const RightPanel& panel, int64_t col_stride) const {
  const auto lanes = static_cast<int64_t>(tiles_->lanes);
  for (int64_t j = 0; j < panel.columns; j += lanes) {
    tiles_->pack(to + j, 2 * tiles_->lanes, panel.lines.data + j * col_stride,
                 {static_cast<size_t>(panel.inner), panel.lines.step, col_stride},
                 static_cast<size_t>(std::min(lanes, panel.columns - j)));
  }
}

PackedProduct::RightPanel PackedProduct::right_panel(const Right& right, int64_t columns,
                                                     int64_t index) const {
  const auto wide = 2 * static_cast<int64_t>(tiles_->lanes);
  const int64_t step = inner_at_once(), parts = ceil_div(inner_, step);
  const int64_t k = index % parts * step, j = index / parts * wide;
  const float* first = right.data + k * right.row_stride + j * right.col_stride;
  return {k, std::min(step, inner_ - k), j, std::min(wide, columns - j), {first, right.row_stride}};
}

void PackedProduct::multiply(const float* left, RowPanels block, const Right& right,
                             const Result& c, std::byte* scratch) const {
  const auto wide = 2 * static_cast<int64_t>(tiles_->lanes);
  auto* packed = reinterpret_cast<float*>(scratch);
  const int64_t panels = ceil_div(c.columns, wide) * ceil_div(inner_, inner_at_once());
  for (int64_t i = 0; i < panels; ++i) {
    const RightPanel panel = right_panel(right, c.columns, i),
                     next = right_panel(right, c.columns, i + 1);
    // Whole lines are packed by the first tile, which computes while they come; long columns are
    // streams, which the hardware fetches by itself.
    const bool lines = right.col_stride == 1, whole = lines && panel.columns == wide;
    if (!whole) pack_right(packed, panel, right.col_stride);
    const bool fetches = lines && (i + 1 < panels || right.followed);
    for (int64_t p = 0; p < block.count; ++p) {
      const int64_t row = block.first(p), rows = block.first(p + 1) - row;
      const bool packs = whole && p == 0 && block.count > 1;
      const bool in_place = whole && p == 0;
      Tile tile{left_panel(left, block, p, panel.k),
                {packed, wide},
                packs ? packed : nullptr,
                static_cast<size_t>(panel.inner),
                c.data + row * c.ld + panel.j,
                c.ld,
                static_cast<size_t>(panel.columns),
                c.add || panel.k > 0,
                {packed, 0}};
      if (in_place) tile.b = panel.lines;
      if (fetches && p > 0) {
        const int64_t line = next.inner * (p - 1) / (block.count - 1);
        tile.ahead = {next.lines.data + line * next.lines.step, next.lines.step};
      }
      tiles_->tile(static_cast<size_t>(rows))(tile);
    }
  }
}

}  // namespace vorab::blas
