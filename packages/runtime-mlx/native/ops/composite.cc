// Composites. Each does what its decomposition in the graph package does; halves are computed in
// f32 and rounded once.
#include <mlx/fast.h>

#include <array>
#include <cmath>
#include <numeric>

#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/libm.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

mx::array widened(const mx::array& x) { return is_half(x) ? mx::astype(x, mx::float32) : x; }

mx::array mean_of(const mx::array& x, const std::vector<int>& axes) {
  double count = 1;
  for (const int axis : axes) count *= x.shape(axis);
  return mx::divide(mx::sum(x, axes, true), like(x, count));
}

}  // namespace

// MLX's own kernel, unless its exp is an approximation.
mx::array softmax_along(const mx::array& x, int axis) {
  if (x.size() == 0) return x;
  if (!device().approximates) return mx::softmax(x, axis, true);
  const mx::array wide = widened(x);
  const mx::array powers = precise::exp(mx::subtract(wide, mx::max(wide, axis, true)));
  return mx::astype(mx::divide(powers, mx::sum(powers, axis, true)), x.dtype());
}

mx::array lower_softmax(const Call& call) { return softmax_along(call.in(0), call.axis(0)); }

mx::array lower_logSumExp(const Call& call) {
  const mx::array& x = call.in(0);
  const std::vector<int> axes = call.axes(0);
  if (axes.empty()) return x;
  if (x.size() == 0) return mx::full(call.out().shape, like(x, -INFINITY));
  const mx::array wide = widened(x);
  if (!device().approximates) return mx::astype(mx::logsumexp(wide, axes), x.dtype());
  const mx::array top = mx::max(wide, axes, true);
  const mx::array shift = mx::where(mx::isfinite(top), top, like(top, 0));
  const mx::array powers = precise::exp(mx::subtract(wide, shift));
  const mx::array total = mx::add(mx::log(mx::sum(powers, axes, true)), shift);
  return mx::astype(mx::reshape(total, call.out().shape), x.dtype());
}

mx::array lower_layerNorm(const Call& call) {
  const mx::array& x = call.in(0);
  const mx::array& weight = call.in(1);
  const mx::array& bias = call.in(2);
  const double eps = call.attributes.number(0);
  if (x.size() == 0) return x;
  // MLX's fast kernel normalises one axis, and takes no f64.
  const bool fast = weight.ndim() == 1 && x.dtype() != mx::float64 && !device().approximates;
  if (fast) return mx::fast::layer_norm(x, weight, bias, static_cast<float>(eps));
  std::vector<int> axes(weight.ndim());
  std::iota(axes.begin(), axes.end(), static_cast<int>(x.ndim() - weight.ndim()));
  const mx::array wide = widened(x);
  const mx::array centred = mx::subtract(wide, mean_of(wide, axes));
  const mx::array variance = mean_of(mx::multiply(centred, centred), axes);
  const mx::array scale = mx::rsqrt(mx::add(variance, like(variance, eps)));
  const mx::array normal = mx::multiply(mx::multiply(centred, scale), widened(weight));
  return mx::astype(mx::add(normal, widened(bias)), x.dtype());
}

mx::array lower_rmsNorm(const Call& call) {
  const mx::array& x = call.in(0);
  const mx::array& weight = call.in(1);
  const double eps = call.attributes.number(0);
  if (x.size() == 0) return x;
  const bool fast = weight.ndim() == 1 && x.dtype() != mx::float64 && !device().approximates;
  if (fast) return mx::fast::rms_norm(x, weight, static_cast<float>(eps));
  std::vector<int> axes(weight.ndim());
  std::iota(axes.begin(), axes.end(), static_cast<int>(x.ndim() - weight.ndim()));
  const mx::array wide = widened(x);
  const mx::array square = mean_of(mx::multiply(wide, wide), axes);
  const mx::array scale = mx::rsqrt(mx::add(square, like(square, eps)));
  return mx::astype(mx::multiply(mx::multiply(wide, scale), widened(weight)), x.dtype());
}

// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011), 20 rounds. Whole, because
// every shift is a constant and needs no guard.
std::vector<mx::array> lower_threefry2x32(const Call& call) {
  static constexpr std::array<std::array<int, 4>, 2> kRotations = {
      {{13, 15, 26, 6}, {17, 29, 16, 24}}};
  const auto word = [&](uint32_t value) { return mx::array(value, mx::uint32); };
  const mx::array& k0 = call.in(0);
  const mx::array& k1 = call.in(1);
  const mx::array mixed = mx::bitwise_xor(mx::bitwise_xor(k0, k1), word(0x1bd11bda));
  const std::array<mx::array, 3> keys = {k0, k1, mixed};
  mx::array a = mx::add(call.in(2), k0);
  mx::array b = mx::add(call.in(3), k1);
  for (uint32_t group = 0; group < 5; ++group) {
    for (const int by : kRotations[group % 2]) {
      a = mx::add(a, b);
      const mx::array high = mx::left_shift(b, word(static_cast<uint32_t>(by)));
      const mx::array low = mx::right_shift(b, word(static_cast<uint32_t>(32 - by)));
      b = mx::bitwise_xor(a, mx::bitwise_or(high, low));
    }
    a = mx::add(a, keys[(group + 1) % 3]);
    b = mx::add(mx::add(b, keys[(group + 2) % 3]), word(group + 1));
  }
  return {a, b};
}

}  // namespace vorab::on_mlx
