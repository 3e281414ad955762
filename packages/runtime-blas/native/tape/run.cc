#include "run.h"

#include <algorithm>
#include <cstring>

namespace vorab::blas {
namespace {

int64_t padded(size_t count, size_t bytes) {
  return static_cast<int64_t>((count * bytes + 63) / 64 * 64);
}

template <class T>
T* carve(std::byte*& at, size_t count) {
  T* out = reinterpret_cast<T*>(at);
  at += padded(count, sizeof(T));
  return out;
}

}  // namespace

int64_t run_bytes(const TapeProgram& program) {
  const size_t streams = program.accesses.size();
  return program.scratch_bytes + padded(program.registers.size(), sizeof(void*)) +
         padded(streams, sizeof(void*)) + 2 * padded(streams, sizeof(int64_t)) +
         padded(program.memos + 1, 3 * sizeof(void*));
}

TapeRun::TapeRun(const TapeProgram& program, const Bases& bases, std::byte* scratch)
    : program_(program), nest_(program.nest), kernels_(*program.kernels) {
  static_assert(sizeof(Memo) == 3 * sizeof(void*));
  std::byte* at = scratch + program.scratch_bytes;
  const size_t streams = program.accesses.size();
  slots_ = carve<std::byte*>(at, program.registers.size());
  base_ = carve<std::byte*>(at, streams);
  origin_ = carve<int64_t>(at, streams);
  at_ = carve<int64_t>(at, streams);
  memos_ = carve<Memo>(at, program.memos + 1);
  for (size_t i = 0; i < program.registers.size(); ++i) {
    slots_[i] = program.registers[i] < 0 ? nullptr : scratch + program.registers[i];
  }
  for (size_t s = 0; s < streams; ++s) {
    const Access& a = program.accesses[s];
    base_[s] = a.value == kAccValue ? bases.acc : bases.values ? bases.values[a.value] : nullptr;
    origin_[s] = a.offset + (bases.shift ? bases.shift[s] : 0);
  }
  std::fill_n(memos_, program.memos + 1, Memo{nullptr, 0, 0});
  start();
}

void TapeRun::start() {
  const auto elements = [this](bool brief) {
    return static_cast<size_t>(brief ? program_.brief : program_.full);
  };
  for (const ConstFill& c : program_.consts)
    kernels_.expand[c.log2_width](slots_[c.slot], &c.bits, 1, elements(c.brief));
  std::copy_n(origin_, program_.accesses.size(), at_);
  for (const Op& op : program_.uniform) {
    const Move move{1, elements(op.brief), 0, 0};
    if (op.kind == OpKind::Scalar) scalar(op, elements(op.brief));
    if (op.kind == OpKind::Fill) fill(op, move, 0, 0);
    if (op.kind == OpKind::Index) index(op, move, at_[op.index]);
  }
}

void TapeRun::fill(const Op& op, const Move& move, int64_t row, int64_t col) {
  const std::byte* from = address(op.index, row, col);
  if (op.b != 0) {
    Memo& memo = memos_[op.b];
    if (memo.from == from && memo.rows >= move.rows && memo.cols == move.cols) return;
    memo = {from, move.rows, move.cols};
  }
  kernels_.load[op.log2_width](slots_[op.out], from, move);
}

void TapeRun::spill(const Op& op, const Move& move, int64_t row, int64_t col) const {
  std::byte* to = address(op.index, row, col);
  const bool dense = move.rows > 1 || move.cols == 1 || move.col_stride == 1;
  if (program_.accesses[op.index].streams && dense)
    kernels_.stream(to, slots_[op.a], (move.rows * move.cols) << op.log2_width);
  else if (to != slots_[op.a])
    kernels_.store[op.log2_width](to, slots_[op.a], move);
}

void TapeRun::index(const Op& op, const Move& move, int64_t start) const {
  (op.log2_width == 3 ? kernels_.index64 : kernels_.index32)(slots_[op.out], start, move);
}

void TapeRun::expand(const Op& op) const {
  const auto n = static_cast<size_t>(item_n_);
  if (nest_.mode == Mode::Columns) {
    kernels_.load[op.log2_width](slots_[op.out], slots_[op.a],
                                 {static_cast<size_t>(nest_.tile_rows), n, 0, 1});
  } else if (nest_.rows_are_items && nest_.tile_rows > 1) {
    kernels_.expand[op.log2_width](slots_[op.out], slots_[op.a], n,
                                   static_cast<size_t>(nest_.tile_cols));
  } else {
    const auto all = static_cast<size_t>(nest_.tile());
    kernels_.expand[op.log2_width](slots_[op.out], slots_[op.a], 1,
                                   op.brief ? std::min(all, kFixed) : all);
  }
}

void TapeRun::accumulate(const Op& op, size_t rows, size_t cols) const {
  const Accumulator& a = stage_->accumulators[op.index];
  if (nest_.mode == Mode::Columns) {
    const int64_t stride = op.b == 0 ? static_cast<int64_t>(cols) : program_.accesses[op.b - 1].row;
    a.reducer.columns(slots_[a.acc], slots_[op.a], rows, cols, stride, first_tile_);
  } else if (nest_.rows_are_items) {
    a.reducer.rows(slots_[a.acc], slots_[op.a], rows, cols, first_tile_);
  } else {
    a.reducer.rows(slots_[a.acc], slots_[op.a], 1, rows * cols, first_tile_);
  }
}

void TapeRun::chain(const Op& op, size_t rows, size_t cols) const {
  if (!op.row_by_row) {
    cols *= rows;
    rows = 1;
  }
  const size_t n = op.whole_vectors && rows == 1 ? (cols + 15) & ~size_t{15} : cols;
  void* const accumulator = op.reduces ? slots_[stage_->accumulators[op.index].acc] : nullptr;
  const Chain chain{program_.links.data() + op.first,
                    op.count,
                    slots_,
                    accumulator,
                    first_tile_,
                    program_.streams};
  if (op.pair == nullptr || !waits_) return op.chain(chain, rows, n);
  const Late& late = program_.late;
  op.pair({program_.links.data() + late.first, late.count, slots_, nullptr, true, true}, chain,
          rows, n);
}

void TapeRun::tile(const std::vector<Op>& ops, int64_t row, int64_t col, int64_t rows,
                   int64_t cols) {
  const auto r = static_cast<size_t>(rows), c = static_cast<size_t>(cols);
  const auto move_of = [&](uint16_t access) {
    const Access& a = program_.accesses[access];
    return Move{r, c, a.row, a.col};
  };
  for (const Op& op : ops) {
    switch (op.kind) {
      case OpKind::Scalar: scalar(op, r * c); break;
      case OpKind::Point: slots_[op.out] = address(op.index, row, col); break;
      case OpKind::Fill: fill(op, move_of(op.index), row, col); break;
      case OpKind::Spill: spill(op, move_of(op.index), row, col); break;
      case OpKind::Index: {
        const Access& a = program_.accesses[op.index];
        index(op, move_of(op.index), at_[op.index] + row * a.row + col * a.col);
        break;
      }
      case OpKind::Reduce: accumulate(op, r, c); break;
      case OpKind::Chain: chain(op, r, c); break;
      case OpKind::Ahead: slots_[op.out] = ahead(op.index, row, col); break;
      case OpKind::Window: slots_[op.out] = slots_[op.a] + (position_ << op.log2_width); break;
      case OpKind::Expand: break;
    }
  }
}

void TapeRun::item_ops(const std::vector<Op>& ops) {
  const auto n = static_cast<size_t>(item_n_);
  for (const Op& op : ops) {
    const Move move{1, n, 0, program_.accesses.empty() ? 0 : program_.accesses[op.index].across};
    switch (op.kind) {
      case OpKind::Scalar: scalar(op, n); break;
      case OpKind::Fill: fill(op, move, 0, 0); break;
      case OpKind::Spill: spill(op, move, 0, 0); break;
      case OpKind::Index: index(op, move, at_[op.index]); break;
      case OpKind::Expand: expand(op); break;
      case OpKind::Point:
      case OpKind::Reduce:
      case OpKind::Chain:
      case OpKind::Ahead:
      case OpKind::Window: break;
    }
  }
}

}  // namespace vorab::blas
