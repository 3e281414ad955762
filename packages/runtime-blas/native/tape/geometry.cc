#include "geometry.h"

#include <algorithm>
#include <cstdlib>

namespace vorab::blas {
namespace {

using Loops = std::vector<Loop>;

bool merges(const Loop& outer, const Loop& inner) {
  for (size_t s = 0; s < outer.strides.size(); ++s) {
    if (outer.strides[s] != inner.strides[s] * inner.extent) return false;
  }
  return true;
}

Loops simplify(const Loops& loops) {
  Loops out;
  for (const Loop& loop : loops) {
    if (loop.extent == 1) continue;
    if (!out.empty() && merges(out.back(), loop)) {
      const int64_t extent = out.back().extent * loop.extent;
      out.back() = loop;
      out.back().extent = extent;
    } else {
      out.push_back(loop);
    }
  }
  return out;
}

Loop take_last(Loops& loops, size_t streams) {
  if (loops.empty()) return {1, std::vector<int64_t>(streams, 0)};
  Loop last = std::move(loops.back());
  loops.pop_back();
  return last;
}

// Equal blocks of at most `most`, rounded up to whole vectors.
int64_t balanced(int64_t extent, int64_t most) {
  if (extent <= most) return std::max<int64_t>(extent, 1);
  const int64_t each = ceil_div(extent, ceil_div(extent, most));
  return std::min(most, ceil_div(each, 16) * 16);
}

// Some stream runs along the rows but jumps along the columns: a square tile keeps both sides in
// cache.
bool transposes(const Nest& nest) {
  for (size_t s = 0; s < nest.row.strides.size(); ++s) {
    if (std::llabs(nest.row.strides[s]) == 1 && std::llabs(nest.col.strides[s]) > 1) return true;
  }
  return false;
}

void shape_tile(Nest& nest, int64_t tile) {
  constexpr int64_t kSquare = 32;
  if (transposes(nest) && nest.row.extent >= 8 && nest.col.extent >= 8) {
    nest.tile_cols = std::min(kSquare, nest.col.extent);
    nest.tile_rows =
        std::max<int64_t>(1, std::min({kSquare, nest.row.extent, tile / nest.tile_cols}));
  } else if (nest.col.extent * 2 > tile) {
    nest.tile_cols = balanced(nest.col.extent, tile);
    nest.tile_rows = 1;
  } else {
    nest.tile_cols = std::max<int64_t>(nest.col.extent, 1);
    nest.tile_rows =
        std::clamp<int64_t>(tile / nest.tile_cols, 1, std::max<int64_t>(nest.row.extent, 1));
  }
}

void shape_rows(Nest& nest, Loops outer, Loops reduced, size_t streams, int64_t tile) {
  nest.mode = Mode::Rows;
  nest.col = take_last(reduced, streams);
  if (reduced.empty()) {
    nest.across = take_last(outer, streams);
    nest.row = nest.across;
    nest.rows_are_items = true;
    if (nest.col.extent * 2 > tile) {
      nest.tile_cols = balanced(nest.col.extent, tile);
    } else {
      nest.tile_cols = std::max<int64_t>(nest.col.extent, 1);
      nest.tile_rows = std::clamp<int64_t>(tile / nest.tile_cols, 1, nest.across.extent);
    }
    nest.block = nest.tile_rows;
  } else {
    nest.row = take_last(reduced, streams);
    nest.across = {1, std::vector<int64_t>(streams, 0)};
    shape_tile(nest, tile);
  }
  nest.kept = std::move(outer);
  nest.reduced = std::move(reduced);
}

void shape_columns(Nest& nest, Loops outer, Loops reduced, Loops inner, size_t streams,
                   int64_t tile) {
  nest.mode = Mode::Columns;
  nest.col = take_last(inner, streams);
  nest.row = take_last(reduced, streams);
  nest.across = nest.col;
  nest.tile_cols = balanced(nest.col.extent, std::min<int64_t>(tile, 256));
  nest.tile_rows =
      std::clamp<int64_t>(tile / nest.tile_cols, 1, std::max<int64_t>(nest.row.extent, 1));
  nest.block = nest.tile_cols;
  nest.kept = std::move(outer);
  nest.kept.insert(nest.kept.end(), inner.begin(), inner.end());
  nest.reduced = std::move(reduced);
}

int64_t product(const Loops& loops) {
  int64_t n = 1;
  for (const Loop& loop : loops) n *= loop.extent;
  return n;
}

Loops loops_of(const TapeSource& source, const std::vector<std::vector<int64_t>>& streams,
               size_t from, size_t to) {
  Loops loops;
  for (size_t d = from; d < to; ++d) {
    Loop loop{source.dims[d], {}};
    for (const auto& stream : streams) loop.strides.push_back(stream[d]);
    loops.push_back(std::move(loop));
  }
  return loops;
}

}  // namespace

int64_t Nest::items() const {
  if (empty) return 0;
  const int64_t outer = product(kept);
  if (mode == Mode::Map)
    return outer * ceil_div(row.extent, tile_rows) * ceil_div(col.extent, tile_cols);
  return outer * ceil_div(across.extent, block);
}

int64_t Nest::reduced_elements() const {
  if (mode == Mode::Map) return 1;
  const int64_t n = product(reduced);
  if (mode == Mode::Columns) return n * row.extent;
  return n * col.extent * (rows_are_items ? 1 : row.extent);
}

int64_t Nest::elements() const {
  if (empty) return 0;
  if (mode == Mode::Map) return product(kept) * row.extent * col.extent;
  return product(kept) * across.extent * reduced_elements();
}

Nest make_nest(const TapeSource& source, const std::vector<std::vector<int64_t>>& streams,
               int64_t tile) {
  const size_t rank = source.dims.size();
  if (source.reduced + source.inner > rank) throw BadPlan("a tape reduces more dims than it has");
  const size_t outer_end = rank - source.reduced - source.inner;
  const size_t reduced_end = rank - source.inner;
  Nest nest;
  for (size_t d = 0; d < rank; ++d) {
    if (source.dims[d] == 0 && (d < outer_end || d >= reduced_end)) nest.empty = true;
  }
  if (nest.empty) return nest;
  Loops outer = simplify(loops_of(source, streams, 0, outer_end));
  Loops reduced = simplify(loops_of(source, streams, outer_end, reduced_end));
  Loops inner = simplify(loops_of(source, streams, reduced_end, rank));
  if (source.reduced == 0) {
    outer.insert(outer.end(), inner.begin(), inner.end());
    nest.col = take_last(outer, streams.size());
    nest.row = take_last(outer, streams.size());
    nest.across = {1, std::vector<int64_t>(streams.size(), 0)};
    nest.kept = std::move(outer);
    shape_tile(nest, tile);
  } else if (inner.empty()) {
    shape_rows(nest, std::move(outer), std::move(reduced), streams.size(), tile);
  } else {
    shape_columns(nest, std::move(outer), std::move(reduced), std::move(inner), streams.size(),
                  tile);
  }
  return nest;
}

}  // namespace vorab::blas
