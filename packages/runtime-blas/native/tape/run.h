// Runs a compiled tape over items. One TapeRun belongs to one thread and one task.
#pragma once

#include <algorithm>
#include <cstddef>

#include "program.h"

namespace vorab::blas {

struct Bases {
  std::byte* const* values = nullptr;  // by value of the plan
  std::byte* acc = nullptr;            // kAccValue
  const int64_t* shift = nullptr;      // elements added to every stream, or null
};

// Scratch that a TapeRun of this program needs, 64-byte aligned.
int64_t run_bytes(const TapeProgram& program);

class TapeRun {
 public:
  TapeRun(const TapeProgram& program, const Bases& bases, std::byte* scratch);

  void items(int64_t from, int64_t to);

  // Split reductions. phase p runs stage p on one chunk and leaves its accumulators in `partials`;
  // the last phase (p == stages) finishes the item.
  void split(int64_t item, int64_t chunk, int phase, std::byte* partials);

 private:
  struct Range {
    int64_t from, to;
  };

  void start();
  void map(int64_t from, int64_t to);
  int64_t past_line() const;
  void place_item(int64_t item);
  void whole_item(int64_t item, bool is_last);
  bool next_has_as_many(int64_t item) const;
  void stage_tiles(const Stage& stage, Range outermost);
  void row_tiles(const Stage& stage, Range rows, Range cols);
  void tile(const std::vector<Op>& ops, int64_t row, int64_t col, int64_t rows, int64_t cols);
  void item_ops(const std::vector<Op>& ops);
  void finish(const Stage& stage);
  void combine(const Stage& stage, size_t index, int64_t item, std::byte* partials);
  std::byte* partial(size_t stage, int64_t item, int64_t chunk, std::byte* partials) const;
  Range chunk_range(int64_t chunk) const;
  int64_t outermost_extent() const;

  void scalar(const Op& op, size_t n) const {
    if (op.whole_vectors) n = (n + 15) & ~size_t{15};
    op.fn(slots_[op.out], slots_[op.a], slots_[op.b], slots_[op.c], slots_[op.d], n, op.fixed);
  }
  std::byte* address(uint16_t access, int64_t row, int64_t col) const {
    const Access& a = program_.accesses[access];
    return base_[access] + ((at_[access] + row * a.row + col * a.col) << a.log2_width);
  }
  // Of a tile that comes soon in Map mode, else of the next item.
  std::byte* ahead(uint16_t access, int64_t row, int64_t col) const {
    if (nest_.mode != Mode::Map) return address(access, row + nest_.block, col);
    constexpr int64_t kElements = 512;  // enough time for them to come
    if (nest_.tile_rows == 1) return address(access, row, col + kElements);
    return address(access, row + std::max<int64_t>(kElements / nest_.tile_cols, 1), col);
  }
  void fill(const Op& op, const Move& move, int64_t row, int64_t col);
  void spill(const Op& op, const Move& move, int64_t row, int64_t col) const;
  void expand(const Op& op) const;
  void index(const Op& op, const Move& move, int64_t start) const;
  void accumulate(const Op& op, size_t rows, size_t cols) const;
  void chain(const Op& op, size_t rows, size_t cols) const;

  struct Memo {
    const std::byte* from;
    size_t rows, cols;
  };

  const TapeProgram& program_;
  const Nest& nest_;
  const KernelTable& kernels_;
  std::byte** slots_;
  std::byte** base_;  // per stream
  int64_t* origin_;   // per stream: offset plus shift
  int64_t* at_;       // per stream: where the current loops stand
  Memo* memos_;
  const Stage* stage_ = nullptr;
  bool first_tile_ = true;
  bool waits_ = false;  // the late chain of the item before has not run
  int64_t item_n_ = 1;
  int64_t position_ = 0;  // elements of the item before this tile
};

}  // namespace vorab::blas
