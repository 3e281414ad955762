// Products of f32 by tiles of registers. The left operand is read where it lies, or packed whole,
// once, by all threads; of the right one each task packs the columns that it needs.
#pragma once

#include "operand.h"

namespace vorab::blas {

// Rows of the left operand in panels of equal height, as far as that goes; blocks of rows begin
// panels of their own.
struct RowPanels {
  int64_t rows = 0;   // of a block
  int64_t count = 0;  // of panels in it

  int64_t first(int64_t panel) const { return rows * panel / count; }
};

class PackedProduct {
 public:
  // A block of columns of the right operand, from its first element. followed: by others, which are
  // most often read next.
  struct Right {
    const float* data;
    int64_t row_stride, col_stride;
    bool followed;
  };

  // Where a block goes. add: to what is there.
  struct Result {
    float* data;
    int64_t ld, columns;
    bool add;
  };

  PackedProduct(const Tiles& tiles, const Operand& left, int64_t block_rows, int64_t inner);

  bool packs_left() const { return packs_left_; }
  // Whether a left operand is read where it lies.
  static bool reads_left(const Tiles& tiles, const Operand& left, int64_t inner);

  RowPanels panels(int64_t rows) const {
    const auto most = static_cast<int64_t>(tiles_->rows);
    return {rows, (rows + most - 1) / most};
  }
  // Where block `block` of the packed left operand starts.
  int64_t block_start(int64_t block) const { return block * per_block_ * panel_elements(); }
  int64_t scratch_bytes() const;

  // As many lines of the left operand as are packed at once.
  int64_t left_lines() const;
  // Packs lines [from, until) of a block's panels; a: its first element.
  void pack_left(float* to, const float* a, RowPanels block, int64_t from, int64_t until) const;
  // c = left * right for a block; left: its first element, packed or not.
  void multiply(const float* left, RowPanels block, const Right& right, const Result& c,
                std::byte* scratch) const;

 private:
  struct RightPanel;

  int64_t panel_elements() const { return inner_ * static_cast<int64_t>(tiles_->lanes); }
  int64_t inner_at_once() const;
  Left left_panel(const float* left, RowPanels block, int64_t panel, int64_t k) const;
  RightPanel right_panel(const Right& right, int64_t columns, int64_t index) const;
  void pack_right(float* to, const RightPanel& panel, int64_t col_stride) const;

  const Tiles* tiles_;
  Operand left_;
  int64_t inner_, per_block_;
  bool packs_left_;
};

}  // namespace vorab::blas
