#include "conv_step.h"

#include <algorithm>
#include <climits>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kBlockBytes = 256 << 10;  // of windows: they stay in the second cache
constexpr int64_t kLeastRows = 32, kMostRows = 1024;
constexpr int64_t kLeastColumns = 64;
constexpr int64_t kWantedBlocks = 16;  // so that threads share the work evenly
constexpr double kParallelFlops = 2e6;

int64_t rounded_up(int64_t n, int64_t to) { return ceil_div(n, to) * to; }

}  // namespace

ConvStep::ConvStep(const ConvShape& shape, Dt dtype, ConvValues values, const KernelTable& kernels)
    : shape_(shape), types_(dtype, kernels), values_(values) {
  depthwise_ = is_depthwise(shape) && !types_.half();
  const std::vector<Phase> phases = phases_of(shape);
  direct_ = phases.size() == 1 && !types_.half();
  for (const Phase& phase : phases) plan_phase(phase);
  double flops = 0;
  for (const PhasePlan& p : phases_)
    flops += 2.0 * static_cast<double>(p.phase.rows() * p.columns * shape_.all_features());
  tasks_ = flops < kParallelFlops ? 1 : std::min<int64_t>(std::ssize(blocks_), 256);
}

void ConvStep::plan_phase(const Phase& phase) {
  PhasePlan plan{phase, patch_columns(shape_, phase, phase.lines()), 0, -1};
  if (plan.columns > INT_MAX || shape_.all_features() > INT_MAX)
    throw Unsupported("a convolution whose kernel has more than 2^31 - 1 elements");
  const int64_t rows = phase.rows(),
                fitting = kBlockBytes / (types_.wide() * std::max<int64_t>(plan.columns, 1));
  const int64_t most = std::clamp(fitting, kLeastRows, kMostRows);
  const int64_t even = std::max(kLeastRows, ceil_div(rows, kWantedBlocks));
  plan.block_rows = std::min(rows, rounded_up(std::min(most, even), 16));
  const bool whole = phase.taps() == shape_.window();
  if ((!whole && !depthwise_) || types_.half()) {
    plan.packed = workspace_;
    workspace_ += types_.bytes(phase.taps() * shape_.channels * shape_.all_features());
  }
  // A group has all its features in one block, unless there are too few rows to share.
  const int64_t units = ceil_div(rows, plan.block_rows) * shape_.groups;
  const int64_t parts =
      std::clamp<int64_t>(shape_.features / kLeastColumns, 1, ceil_div(kWantedBlocks, units));
  const int64_t width = depthwise_ ? 1 : rounded_up(ceil_div(shape_.features, parts), 16);
  const auto index = std::ssize(phases_);
  for (int64_t row = 0; row < rows; row += plan.block_rows) {
    for (int64_t group = 0; group < (depthwise_ ? 1 : shape_.groups); ++group) {
      for (int64_t column = 0; column < shape_.features; column += width) {
        blocks_.push_back({index, row, std::min(plan.block_rows, rows - row), group, column,
                           std::min(width, shape_.features - column)});
      }
    }
  }
  phases_.push_back(plan);
}

int64_t ConvStep::scratch_bytes() const {
  int64_t most = 0;
  for (const PhasePlan& p : phases_) {
    const int64_t windows = p.block_rows * p.columns,
                  results = p.block_rows * shape_.all_features();
    const int64_t raw = types_.half() ? round64(windows * types_.element()) : 0;
    const int64_t lists = 2 * round64(p.phase.taps() * static_cast<int64_t>(sizeof(void*)));
    most = std::max(most, raw + types_.bytes(windows) + types_.bytes(results) + lists +
                              types_.matrices.scratch_bytes(p.columns));
  }
  return most;
}

void ConvStep::run(const RunContext& context) {
  if (workspace_ > 0) pack_weights(context);
  const auto count = std::ssize(blocks_);
  context.pool.run(std::min(tasks_, static_cast<int64_t>(count)), [&](int64_t task, int thread) {
    std::byte* scratch = context.scratch[static_cast<size_t>(thread)];
    for (int64_t b = count * task / tasks_; b < count * (task + 1) / tasks_; ++b) {
      const Block& block = blocks_[static_cast<size_t>(b)];
      if (depthwise_)
        run_depthwise(context, block, scratch);
      else
        run_block(context, block, scratch);
    }
  });
}

// The taps that a phase meets, one after another, in product dtype.
void ConvStep::pack_weights(const RunContext& context) const {
  const int64_t tap = shape_.channels * shape_.all_features();
  context.pool.run(std::ssize(phases_), [&](int64_t index, int) {
    const PhasePlan& p = phases_[static_cast<size_t>(index)];
    if (p.packed < 0) return;
    std::byte* to = context.workspace + p.packed;
    for (int64_t line = 0; line < p.phase.lines(); ++line) {
      for (int64_t t = 0; t < p.phase.axis[2].taps; ++t, to += tap * types_.wide()) {
        const int64_t from = p.phase.tap(line, t, shape_) * tap * types_.element();
        take(to, context.values[values_.w] + from, tap, types_);
      }
    }
  });
}

MatrixView ConvStep::patches(const RunContext& context, const Block& block,
                             std::byte*& scratch) const {
  const PhasePlan& p = phases_[static_cast<size_t>(block.phase)];
  const int64_t size = block.rows * p.columns;
  std::byte* windows = scratch;
  scratch += types_.bytes(size);
  std::byte* raw = types_.half() ? scratch : windows;
  if (types_.half()) scratch += round64(size * types_.element());
  gather_patches(raw, context.values[values_.x], width(types_.dtype), shape_, p.phase,
                 {block.row, block.rows, block.group, 0, p.phase.lines()});
  if (types_.half()) take(windows, raw, size, types_);
  const bool transposed = taps_first(shape_);
  return {windows, std::max<int64_t>(transposed ? block.rows : p.columns, 1), transposed};
}

MatrixView ConvStep::weights(const RunContext& context, const Block& block) const {
  const PhasePlan& p = phases_[static_cast<size_t>(block.phase)];
  const std::byte* w = p.packed < 0 ? context.values[values_.w] : context.workspace + p.packed;
  const int64_t column = block.group * shape_.features + block.column;
  return {w + column * types_.wide(), shape_.all_features(), false};
}

void ConvStep::run_block(const RunContext& context, const Block& block, std::byte* scratch) const {
  const PhasePlan& p = phases_[static_cast<size_t>(block.phase)];
  const MatrixView a = patches(context, block, scratch), b = weights(context, block);
  if (direct_) {
    const int64_t column = block.group * shape_.features + block.column;
    std::byte* c = context.values[values_.out] +
                   (block.row * shape_.all_features() + column) * types_.element();
    types_.matrices.run(
        {a, b, c, shape_.all_features(), block.rows, block.columns, p.columns, false}, scratch);
    return;
  }
  std::byte* results = scratch;
  scratch += types_.bytes(block.rows * block.columns);
  types_.matrices.run({a, b, results, block.columns, block.rows, block.columns, p.columns, false},
                      scratch);
  scatter(context, block, results);
}

void ConvStep::scatter(const RunContext& context, const Block& block, const std::byte* from) const {
  const Phase& phase = phases_[static_cast<size_t>(block.phase)].phase;
  const int64_t column = block.group * shape_.features + block.column;
  for_each_line(phase, block.row, block.rows,
                [&](int64_t, int64_t count, int64_t n, int64_t j0, int64_t j1, int64_t j2) {
                  for (int64_t r = 0; r < count; ++r, from += block.columns * types_.wide()) {
                    const int64_t row = output_row(shape_, phase, n, j0, j1, j2 + r);
                    give(context.values[values_.out] +
                             (row * shape_.all_features() + column) * types_.element(),
                         from, block.columns, types_);
                  }
                });
}

// No products of matrices: for each output, the taps that it meets, all channels at once.
void ConvStep::run_depthwise(const RunContext& context, const Block& block,
                             std::byte* scratch) const {
  const Phase& phase = phases_[static_cast<size_t>(block.phase)].phase;
  const PhaseAxis &a = phase.axis[0], &b = phase.axis[1], &c = phase.axis[2];
  const int64_t channels = shape_.all_channels(), bytes = channels * types_.element();
  const auto** places = reinterpret_cast<const void**>(scratch);
  const auto** taps = reinterpret_cast<const void**>(
      scratch + round64(phase.taps() * static_cast<int64_t>(sizeof(void*))));
  const std::byte *x = context.values[values_.x], *w = context.values[values_.w];
  const auto output = [&](int64_t n, int64_t j0, int64_t j1, int64_t j2) {
    size_t met = 0;
    for (int64_t line = 0; line < phase.lines(); ++line) {
      const int64_t p0 = a.base + j0 * a.place_step + line / b.taps * a.tap_place,
                    p1 = b.base + j1 * b.place_step + line % b.taps * b.tap_place;
      if (p0 < 0 || p0 >= a.in || p1 < 0 || p1 >= b.in) continue;
      for (int64_t t = 0; t < c.taps; ++t) {
        const int64_t p2 = c.base + j2 * c.place_step + t * c.tap_place;
        if (p2 < 0 || p2 >= c.in) continue;
        places[met] = x + (((n * a.in + p0) * b.in + p1) * c.in + p2) * bytes;
        taps[met++] = w + phase.tap(line, t, shape_) * bytes;
      }
    }
    types_.sum_products(
        context.values[values_.out] + output_row(shape_, phase, n, j0, j1, j2) * bytes, places,
        taps, met, static_cast<size_t>(channels), false);
  };
  for_each_line(phase, block.row, block.rows,
                [&](int64_t, int64_t count, int64_t n, int64_t j0, int64_t j1, int64_t j2) {
                  for (int64_t r = 0; r < count; ++r) output(n, j0, j1, j2 + r);
                });
}

}  // namespace vorab::blas
