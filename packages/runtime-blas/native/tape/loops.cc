// The loops around a tile: items, stages, and the reduced dims.
#include <algorithm>
#include <cstring>

#include "run.h"

namespace vorab::blas {
namespace {

constexpr size_t kMostLoops = 8;

// Counts through loops, the last one fastest; false after the last position.
bool advance(const std::vector<Loop>& loops, int64_t* position, size_t from) {
  for (size_t d = loops.size(); d-- > from;) {
    if (++position[d] < loops[d].extent) return true;
    position[d] = 0;
  }
  return false;
}

}  // namespace

void TapeRun::items(int64_t from, int64_t to) {
  if (nest_.mode == Mode::Map)
    map(from, to);
  else
    for (int64_t item = from; item < to; ++item) whole_item(item, item + 1 == to);
  if (program_.streams) kernels_.fence();
}

void TapeRun::map(int64_t from, int64_t to) {
  const int64_t row_blocks = ceil_div(nest_.row.extent, nest_.tile_rows);
  const int64_t col_blocks = ceil_div(nest_.col.extent, nest_.tile_cols);
  int64_t col = from % col_blocks, row = from / col_blocks % row_blocks,
          kept = from / col_blocks / row_blocks;
  place_item(kept);
  const int64_t before = past_line();
  for (int64_t t = from; t < to; ++t) {
    const int64_t r = row * nest_.tile_rows, c = col == 0 ? 0 : col * nest_.tile_cols - before;
    const int64_t end =
        col + 1 == col_blocks ? nest_.col.extent : (col + 1) * nest_.tile_cols - before;
    tile(program_.stages[0].tile, r, c, std::min(nest_.tile_rows, nest_.row.extent - r), end - c);
    if (++col < col_blocks) continue;
    col = 0;
    if (++row < row_blocks) continue;
    row = 0;
    if (t + 1 < to) place_item(++kept);
  }
}

// Elements between a cache line's begin and the first one that is stored: tiles after the first one
// begin that much earlier.
int64_t TapeRun::past_line() const {
  constexpr uintptr_t kLine = 64;
  if (program_.lead < 0) return 0;
  const auto lead = static_cast<uint16_t>(program_.lead);
  const auto past = reinterpret_cast<uintptr_t>(address(lead, 0, 0)) % kLine;
  return static_cast<int64_t>(past >> program_.accesses[lead].log2_width);
}

// Sets at_ to the first element of an item; in Map mode items count the outer loops only.
void TapeRun::place_item(int64_t item) {
  const size_t streams = program_.accesses.size();
  std::copy_n(origin_, streams, at_);
  if (nest_.mode != Mode::Map) {
    const int64_t blocks = ceil_div(nest_.across.extent, nest_.block);
    const int64_t first = item % blocks * nest_.block;
    item /= blocks;
    item_n_ = std::min(nest_.block, nest_.across.extent - first);
    for (size_t s = 0; s < streams; ++s) at_[s] += first * program_.accesses[s].across;
  }
  for (size_t d = nest_.kept.size(); d-- > 0;) {
    const int64_t i = item % nest_.kept[d].extent;
    item /= nest_.kept[d].extent;
    if (i == 0) continue;
    for (size_t s = 0; s < streams; ++s) at_[s] += i * program_.accesses[s].kept[d];
  }
}

int64_t TapeRun::outermost_extent() const {
  if (!nest_.reduced.empty()) return nest_.reduced[0].extent;
  return nest_.rows_are_items ? nest_.col.extent : nest_.row.extent;
}

void TapeRun::whole_item(int64_t item, bool is_last) {
  place_item(item);
  item_ops(program_.item_first);
  const bool waits = program_.late.count > 0 && !is_last && next_has_as_many(item);
  const size_t stages = program_.stages.size() - (waits ? 1 : 0);
  for (size_t s = 0; s < stages; ++s) {
    const Stage& stage = program_.stages[s];
    stage_tiles(stage, {0, outermost_extent()});
    finish(stage);
    item_ops(stage.item);
  }
  waits_ = waits;
  if (waits) slots_[program_.late.out] = address(program_.late.access, 0, 0);
  item_ops(program_.item_last);
}

// Rows as this item: the late chain goes from row to row with the next one's.
bool TapeRun::next_has_as_many(int64_t item) const {
  const int64_t blocks = ceil_div(nest_.across.extent, nest_.block);
  const int64_t first = (item + 1) % blocks * nest_.block;
  return std::min(nest_.block, nest_.across.extent - first) == item_n_;
}

void TapeRun::stage_tiles(const Stage& stage, Range outermost) {
  stage_ = &stage;
  first_tile_ = true;
  position_ = 0;
  if (!stage.tile.empty()) {
    const auto& loops = nest_.reduced;
    Range rows{0, nest_.row.extent}, cols{0, nest_.col.extent};
    if (loops.empty()) {
      (nest_.rows_are_items ? cols : rows) = outermost;
      row_tiles(stage, rows, cols);
    } else if (std::all_of(loops.begin(), loops.end(),
                           [](const Loop& l) { return l.extent > 0; })) {
      int64_t position[kMostLoops] = {};
      for (int64_t i = outermost.from; i < outermost.to; ++i) {
        do {
          position[0] = i;
          const auto move = [&](int64_t sign) {
            for (size_t s = 0; s < program_.accesses.size(); ++s) {
              for (size_t d = 0; d < loops.size(); ++d)
                at_[s] += sign * position[d] * program_.accesses[s].reduced[d];
            }
          };
          move(1);
          row_tiles(stage, rows, cols);
          move(-1);
        } while (advance(loops, position, 1));
      }
    }
  }
  if (!first_tile_) return;
  for (const Accumulator& a : stage.accumulators)
    a.reducer.identity(slots_[a.acc], static_cast<size_t>(item_n_));
}

void TapeRun::row_tiles(const Stage& stage, Range rows, Range cols) {
  if (nest_.rows_are_items) rows = {0, item_n_};
  if (nest_.mode == Mode::Columns) cols = {0, item_n_};
  for (int64_t r = rows.from; r < rows.to; r += nest_.tile_rows) {
    const int64_t n = std::min(nest_.tile_rows, rows.to - r);
    for (int64_t c = cols.from; c < cols.to; c += nest_.tile_cols) {
      const int64_t m = std::min(nest_.tile_cols, cols.to - c);
      tile(stage.tile, r, c, n, m);
      first_tile_ = false;
      position_ += n * m;
    }
  }
}

void TapeRun::finish(const Stage& stage) {
  for (const Accumulator& a : stage.accumulators) {
    a.reducer.finish(slots_[a.out], slots_[a.acc], static_cast<size_t>(item_n_));
  }
}

// ------------------------------------------------------------------------------------------ split
// reductions

TapeRun::Range TapeRun::chunk_range(int64_t chunk) const {
  int64_t unit = 1;
  if (nest_.reduced.empty()) unit = nest_.rows_are_items ? nest_.tile_cols : nest_.tile_rows;
  const int64_t extent = outermost_extent(), blocks = ceil_div(extent, unit);
  const auto cut = [&](int64_t c) { return std::min(extent, c * blocks / program_.chunks * unit); };
  return {cut(chunk), cut(chunk + 1)};
}

std::byte* TapeRun::partial(size_t stage, int64_t item, int64_t chunk, std::byte* partials) const {
  int64_t bytes = 0;
  for (const Accumulator& a : program_.stages[stage].accumulators) {
    bytes += (nest_.block * static_cast<int64_t>(a.reducer.accumulator_width) + 63) / 64 * 64;
  }
  return partials + program_.partial_offsets[stage] + (item * program_.chunks + chunk) * bytes;
}

void TapeRun::combine(const Stage& stage, size_t index, int64_t item, std::byte* partials) {
  for (int64_t chunk = 0; chunk < program_.chunks; ++chunk) {
    const std::byte* from = partial(index, item, chunk, partials);
    for (const Accumulator& a : stage.accumulators) {
      const auto n = static_cast<size_t>(item_n_);
      if (chunk == 0)
        std::memcpy(slots_[a.acc], from, n * a.reducer.accumulator_width);
      else
        a.reducer.merge(slots_[a.acc], from, n);
      from += (nest_.block * static_cast<int64_t>(a.reducer.accumulator_width) + 63) / 64 * 64;
    }
  }
}

void TapeRun::split(int64_t item, int64_t chunk, int phase, std::byte* partials) {
  const auto current = static_cast<size_t>(phase);
  place_item(item);
  item_ops(program_.item_first);
  for (size_t s = 0; s < current; ++s) {
    const Stage& stage = program_.stages[s];
    combine(stage, s, item, partials);
    finish(stage);
    item_ops(stage.item);
  }
  if (current == program_.stages.size()) {
    item_ops(program_.item_last);
    if (program_.streams) kernels_.fence();
    return;
  }
  const Stage& stage = program_.stages[current];
  stage_tiles(stage, chunk_range(chunk));
  std::byte* to = partial(current, item, chunk, partials);
  for (const Accumulator& a : stage.accumulators) {
    std::memcpy(to, slots_[a.acc], static_cast<size_t>(item_n_) * a.reducer.accumulator_width);
    to += (nest_.block * static_cast<int64_t>(a.reducer.accumulator_width) + 63) / 64 * 64;
  }
  if (program_.streams) kernels_.fence();
}

}  // namespace vorab::blas
