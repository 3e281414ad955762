#include "kernel_gradient_step.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kBlockBytes = 256 << 10;  // of windows: they stay in the second cache
constexpr int64_t kLeastRows = 32, kMostRows = 1024;
constexpr int64_t kWantedTasks = 16;
constexpr int64_t kLargeKernel = 1 << 20;     // bytes: from here on taps are shared, not outputs
constexpr int64_t kMostPartBytes = 64 << 20;  // of all parts
constexpr double kParallelFlops = 2e6;
constexpr int64_t kListed = 512;  // rows whose products are summed at a time
constexpr int64_t kChunk = 4096;  // elements that a task adds at a time

// Element i of every part, in order.
template <class T>
void add_elements(std::byte* to, const std::byte* parts, int64_t stride, int64_t count, int64_t n) {
  T* out = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (int64_t p = 0; p < count; ++p)
      sum += static_cast<double>(reinterpret_cast<const T*>(parts + p * stride)[i]);
    out[i] = static_cast<T>(sum);
  }
}

}  // namespace

KernelGradientStep::KernelGradientStep(const ConvShape& shape, Dt dtype,
                                       KernelGradientValues values, const KernelTable& kernels)
    : shape_(shape), types_(dtype, kernels), values_(values), phases_(phases_of(shape)) {
  whole_ = phases_.size() == 1 && phases_[0].taps() == shape.window();
  depthwise_ = is_depthwise(shape) && !types_.half();
  part_bytes_ = types_.bytes(elements());
  int64_t rows = 0;
  double flops = 0;
  for (const Phase& phase : phases_) {
    rows += phase.rows();
    flops += 2.0 * static_cast<double>(phase.rows() * phase.taps() * shape.channels) *
             static_cast<double>(shape.all_features());
  }
  if (flops >= kParallelFlops) {
    if (whole_ && !depthwise_ && part_bytes_ > kLargeKernel)
      slices_ = std::min<int64_t>(phases_[0].lines(), kWantedTasks / 2);
    const int64_t most = std::max<int64_t>(kMostPartBytes / std::max<int64_t>(part_bytes_, 1), 1);
    parts_ = std::clamp<int64_t>(std::min(kWantedTasks / slices_, rows / kLeastRows), 1, most);
  }
  int64_t columns = 1;
  for (const Phase& phase : phases_) columns = std::max(columns, columns_of(phase));
  if (columns > INT_MAX || shape.all_features() > INT_MAX)
    throw Unsupported("a convolution whose kernel has more than 2^31 - 1 elements");
  const int64_t fitting = kBlockBytes / (types_.wide() * columns) / 16 * 16;
  block_rows_ = std::clamp(fitting, kLeastRows, kMostRows);
}

// Of the windows that a task gathers: lines of taps are shared evenly.
int64_t KernelGradientStep::columns_of(const Phase& phase) const {
  return patch_columns(shape_, phase, ceil_div(phase.lines(), slices_));
}

int64_t KernelGradientStep::scratch_bytes() const {
  if (depthwise_) return 2 * round64(kListed * static_cast<int64_t>(sizeof(void*)));
  int64_t most = 0;
  for (const Phase& phase : phases_) {
    const int64_t columns = columns_of(phase), windows = block_rows_ * columns;
    const int64_t raw = types_.half() ? round64(windows * types_.element()) : 0;
    most =
        std::max(most, raw + types_.bytes(windows) + types_.bytes(block_rows_ * shape_.features) +
                           types_.bytes(columns * shape_.features) +
                           types_.matrices.scratch_bytes(block_rows_));
  }
  return std::max(most, types_.bytes(kChunk));
}

void KernelGradientStep::run(const RunContext& context) {
  context.pool.run(parts_ * slices_, [&](int64_t task, int thread) {
    run_part(context, task / slices_, task % slices_, context.scratch[static_cast<size_t>(thread)]);
  });
  if (!in_place()) add_parts(context);
}

std::byte* KernelGradientStep::part_of(const RunContext& context, int64_t part) const {
  return in_place() ? context.values[values_.out] : context.workspace + part * part_bytes_;
}

void KernelGradientStep::run_part(const RunContext& context, int64_t part, int64_t slice,
                                  std::byte* scratch) const {
  std::byte* sums = part_of(context, part);
  const int64_t row_bytes = shape_.channels * shape_.all_features() * types_.wide();
  const auto line_at = [&](const Phase& phase, int64_t s) { return phase.lines() * s / slices_; };
  int64_t first = 0, last = shape_.window();  // taps
  if (slices_ > 1) {
    first = line_at(phases_[0], slice) * phases_[0].axis[2].taps;
    last = line_at(phases_[0], slice + 1) * phases_[0].axis[2].taps;
  }
  std::memset(sums + first * row_bytes, 0, static_cast<size_t>((last - first) * row_bytes));
  for (const Phase& phase : phases_) {
    const int64_t from = phase.rows() * part / parts_, to = phase.rows() * (part + 1) / parts_;
    if (depthwise_) {
      run_depthwise(context, phase, from, to - from, sums, scratch);
      continue;
    }
    const int64_t line = line_at(phase, slice), lines = line_at(phase, slice + 1) - line;
    if (lines * phase.axis[2].taps == 0) continue;
    for (int64_t row = from; row < to; row += block_rows_) {
      for (int64_t group = 0; group < shape_.groups; ++group) {
        run_block(context, phase, {row, std::min(block_rows_, to - row), group, line, lines}, sums,
                  scratch);
      }
    }
  }
}

void KernelGradientStep::run_block(const RunContext& context, const Phase& phase,
                                   const PatchBlock& block, std::byte* sums,
                                   std::byte* scratch) const {
  const int64_t columns = patch_columns(shape_, phase, block.lines), size = block.rows * columns;
  std::byte* windows = scratch;
  scratch += types_.bytes(size);
  std::byte* raw = types_.half() ? scratch : windows;
  if (types_.half()) scratch += round64(size * types_.element());
  gather_patches(raw, context.values[values_.x], width(types_.dtype), shape_, phase, block);
  if (types_.half()) take(windows, raw, size, types_);
  const bool transposed = taps_first(shape_);
  const MatrixView a{windows, transposed ? block.rows : columns, !transposed};
  const MatrixView b = cotangents(context, phase, block, scratch);
  const int64_t features = shape_.features, all = shape_.all_features(), wide = types_.wide();
  std::byte* group = sums + block.group * features * wide;
  if (whole_) {
    const int64_t tap = block.line * phase.axis[2].taps;
    std::byte* c = group + tap * shape_.channels * all * wide;
    types_.matrices.run({a, b, c, all, columns, features, block.rows, true}, scratch);
    return;
  }
  std::byte* products = scratch;
  scratch += types_.bytes(columns * features);
  types_.matrices.run({a, b, products, features, columns, features, block.rows, false}, scratch);
  for (int64_t line = 0; line < block.lines; ++line) {
    for (int64_t t = 0; t < phase.axis[2].taps; ++t) {
      const int64_t tap = phase.tap(block.line + line, t, shape_);
      for (int64_t c = 0; c < shape_.channels; ++c, products += features * wide)
        accumulate(group + (tap * shape_.channels + c) * all * wide, products, features, types_);
    }
  }
}

// The rows of a block: where they lie, or side by side.
MatrixView KernelGradientStep::cotangents(const RunContext& context, const Phase& phase,
                                          const PatchBlock& block, std::byte*& scratch) const {
  const int64_t features = shape_.features, all = shape_.all_features();
  const std::byte* ct =
      context.values[values_.cotangent] + block.group * features * types_.element();
  if (phases_.size() == 1 && !types_.half())
    return {ct + block.row * all * types_.element(), all, false};
  std::byte* packed = scratch;
  scratch += types_.bytes(block.rows * features);
  std::byte* to = packed;
  for_each_line(phase, block.row, block.rows,
                [&](int64_t, int64_t count, int64_t n, int64_t j0, int64_t j1, int64_t j2) {
                  for (int64_t r = 0; r < count; ++r, to += features * types_.wide()) {
                    const int64_t row = output_row(shape_, phase, n, j0, j1, j2 + r);
                    take(to, ct + row * all * types_.element(), features, types_);
                  }
                });
  return {packed, features, false};
}

// For each tap, the sum over outputs of x there times the cotangent, all channels at once.
void KernelGradientStep::run_depthwise(const RunContext& context, const Phase& phase, int64_t row,
                                       int64_t rows, std::byte* sums, std::byte* scratch) const {
  const int64_t channels = shape_.all_channels(), bytes = channels * types_.element();
  const auto** places = reinterpret_cast<const void**>(scratch);
  const auto** factors = reinterpret_cast<const void**>(
      scratch + round64(kListed * static_cast<int64_t>(sizeof(void*))));
  const std::byte *x = context.values[values_.x], *ct = context.values[values_.cotangent];
  const PhaseAxis &a = phase.axis[0], &b = phase.axis[1], &c = phase.axis[2];
  const auto sum_tap = [&](int64_t line, int64_t t, int64_t from, int64_t count) {
    size_t met = 0;
    for_each_line(phase, from, count,
                  [&](int64_t, int64_t length, int64_t n, int64_t j0, int64_t j1, int64_t j2) {
                    const int64_t p0 = a.base + j0 * a.place_step + line / b.taps * a.tap_place,
                                  p1 = b.base + j1 * b.place_step + line % b.taps * b.tap_place;
                    if (p0 < 0 || p0 >= a.in || p1 < 0 || p1 >= b.in) return;
                    for (int64_t r = 0; r < length; ++r) {
                      const int64_t p2 = c.base + (j2 + r) * c.place_step + t * c.tap_place;
                      if (p2 < 0 || p2 >= c.in) continue;
                      places[met] = x + (((n * a.in + p0) * b.in + p1) * c.in + p2) * bytes;
                      factors[met++] = ct + output_row(shape_, phase, n, j0, j1, j2 + r) * bytes;
                    }
                  });
    types_.sum_products(sums + phase.tap(line, t, shape_) * bytes, places, factors, met,
                        static_cast<size_t>(channels), true);
  };
  for (int64_t from = row; from < row + rows; from += kListed) {
    const int64_t count = std::min(kListed, row + rows - from);
    for (int64_t line = 0; line < phase.lines(); ++line) {
      for (int64_t t = 0; t < c.taps; ++t) sum_tap(line, t, from, count);
    }
  }
}

void KernelGradientStep::add_parts(const RunContext& context) const {
  const int64_t n = elements();
  const auto add = types_.product == Dt::F64 ? &add_elements<double> : &add_elements<float>;
  context.pool.run(ceil_div(n, kChunk), [&](int64_t task, int thread) {
    const int64_t from = task * kChunk, count = std::min(kChunk, n - from);
    std::byte* out = context.values[values_.out] + from * types_.element();
    std::byte* to = types_.half() ? context.scratch[static_cast<size_t>(thread)] : out;
    add(to, context.workspace + from * types_.wide(), part_bytes_, parts_, count);
    if (types_.half()) give(out, to, count, types_);
  });
}

}  // namespace vorab::blas
