// Sorting, and running reductions.
#include <cmath>

#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/libm.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

using Scan = mx::array (*)(const mx::array&, int, bool, bool, mx::StreamOrDevice);

// Halves in f32, rounded once.
mx::array scan(const Call& call, Scan function) {
  const mx::array& x = call.in(0);
  if (x.size() == 0) return x;
  const mx::array wide = is_half(x) ? mx::astype(x, mx::float32) : x;
  const mx::array y = function(wide, call.axis(0), call.attributes.flag(1), true, {});
  return mx::astype(y, x.dtype());
}

// NaN from the first one on, whatever MLX's comparison makes of it.
mx::array scan_extreme(const Call& call, Scan function) {
  const mx::array y = scan(call, function);
  if (!is_float(y) || y.size() == 0) return y;
  const mx::array nan = mx::astype(mx::isnan(call.in(0)), mx::int32);
  const mx::array seen = mx::cummax(nan, call.axis(0), call.attributes.flag(1), true);
  return mx::where(mx::greater(seen, like(seen, 0)), like(y, NAN), y);
}

mx::array log_add_exp(const mx::array& a, const mx::array& b) {
  const mx::array top = mx::maximum(a, b);
  const mx::array finite = mx::isfinite(top);
  const mx::array apart = mx::where(finite, mx::subtract(mx::minimum(a, b), top), like(a, 0));
  return mx::where(finite, mx::add(top, mx::log1p(precise::exp(apart))), top);
}

// x moved on by `by` places along the axis; what comes in is -inf.
mx::array moved(const mx::array& x, int axis, int by, bool reverse) {
  mx::Shape start(x.ndim(), 0), stop = x.shape(), gap = x.shape();
  gap[axis] = by;
  (reverse ? start : stop)[axis] = reverse ? by : x.shape(axis) - by;
  const mx::array kept = mx::slice(x, start, stop);
  const mx::array none = mx::full(gap, like(x, -INFINITY));
  return reverse ? mx::concatenate({kept, none}, axis) : mx::concatenate({none, kept}, axis);
}

mx::array log_cumulative_sum_exp(const mx::array& x, int axis, bool reverse, bool,
                                 mx::StreamOrDevice) {
  if (!device().approximates || x.dtype() != mx::float64) {
    return mx::logcumsumexp(x, axis, reverse, true);
  }
  // MLX's own is no better than f32 here. Each turn doubles the elements that a result has taken
  // in (Hillis and Steele, 1986).
  mx::array y = x;
  for (int by = 1; by < x.shape(axis); by *= 2) y = log_add_exp(y, moved(y, axis, by, reverse));
  return y;
}

}  // namespace

// MLX sorts stably, NaN last. Descending is ascending from the other end, so that equal elements
// keep their order.
std::vector<mx::array> lower_sort(const Call& call) {
  const mx::array& x = call.in(0);
  const int axis = call.axis(0);
  const bool descending = call.attributes.flag(1);
  if (call.out().shape[axis] == 0 || x.size() == 0) {
    return {mx::zeros(call.out().shape, x.dtype()), mx::zeros(call.out().shape, mx::int32)};
  }
  const auto turned = [&](const mx::array& a) { return mx::flip(a, {axis}); };
  mx::array order = mx::astype(mx::argsort(descending ? turned(x) : x, axis), mx::int32);
  if (descending) order = mx::subtract(like(order, x.shape(axis) - 1), turned(order));
  const mx::array indices = mx::slice(order, mx::Shape(x.ndim(), 0), call.out().shape);
  return {mx::take_along_axis(x, indices, axis), indices};
}

mx::array lower_cumsum(const Call& call) { return scan(call, mx::cumsum); }
mx::array lower_cumprod(const Call& call) { return scan(call, mx::cumprod); }
mx::array lower_cummax(const Call& call) { return scan_extreme(call, mx::cummax); }
mx::array lower_cummin(const Call& call) { return scan_extreme(call, mx::cummin); }
mx::array lower_logCumsumExp(const Call& call) { return scan(call, log_cumulative_sum_exp); }

}  // namespace vorab::on_mlx
