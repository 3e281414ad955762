// The loop nest of a tape: dims of extent 1 dropped, neighbours merged where every access allows
// it, and the two innermost loops cut into tiles that fit the first-level cache.
#pragma once

#include <vector>

#include "source.h"

namespace vorab::blas {

// Map: no reduction; an item is a tile. Rows: an item is one or more rows that are reduced whole
// (or one element reduced over several dims). Columns: an item is a run of columns, each reduced.
enum class Mode : uint8_t { Map, Rows, Columns };

// One loop, with the stride of every stream. Streams are the accesses, then the Index instructions.
struct Loop {
  int64_t extent = 1;
  std::vector<int64_t> strides;
};

inline constexpr int64_t kLongRow = 128;

struct Nest {
  Mode mode = Mode::Map;
  bool empty = false;         // no kept element
  std::vector<Loop> kept;     // outer loops of items
  Loop across;                // the kept loop that an item takes a block of (Rows, Columns)
  std::vector<Loop> reduced;  // outer loops of a reduction within an item
  Loop row, col;              // the tile's loops
  int64_t block = 1;          // of `across`
  int64_t tile_rows = 1, tile_cols = 1;
  int64_t least_row = kLongRow;  // elements of a row that are worth a turn of each chain
  int64_t slack = 0;  // elements that a tile may be longer, where tiles begin on cache lines
  bool rows_are_items = false;  // Rows: the tile's rows are the item's rows (row == across)

  // Ops run along one row after the other, to which the item's values are single elements.
  bool row_by_row() const {
    return mode == Mode::Rows && rows_are_items && (tile_rows == 1 || tile_cols >= least_row);
  }
  bool item_is_tile() const { return tile_rows >= block && tile_cols >= col.extent; }
  // A value of the item is one element to those ops.
  bool one_item() const { return mode == Mode::Rows && (!rows_are_items || row_by_row()); }

  int64_t tile() const { return tile_rows * tile_cols + slack; }
  int64_t items() const;  // blocks of kept elements; in Map mode tiles
  int64_t reduced_elements() const;
  int64_t elements() const;  // of the whole iteration space
};

// streams: per stream one stride per dim of the source.
Nest make_nest(const TapeSource& source, const std::vector<std::vector<int64_t>>& streams,
               int64_t tile);

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace vorab::blas
