#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {

mx::array lower_reshape(const Call& call) { return mx::reshape(call.in(0), call.out().shape); }

mx::array lower_transpose(const Call& call) { return mx::transpose(call.in(0), call.axes(0)); }

// Axes ascend: an input axis moves only past new ones.
mx::array lower_broadcast(const Call& call) {
  const std::vector<int> axes = call.axes(1);
  mx::Shape spread(call.out().shape.size(), 1);
  for (size_t i = 0; i < axes.size(); ++i) spread[axes[i]] = call.out().shape[axes[i]];
  return mx::broadcast_to(mx::reshape(call.in(0), spread), call.out().shape);
}

mx::array lower_slice(const Call& call) {
  const std::vector<int64_t>& step = call.attributes.ints(2);
  return mx::slice(call.in(0), call.attributes.shape(0), call.attributes.shape(1),
                   mx::Shape(step.begin(), step.end()));
}

// Interior padding is writing to every (interior + 1)th place, which MLX's pad cannot.
mx::array lower_pad(const Call& call) {
  const mx::array& x = call.in(0);
  const mx::Shape& low = call.attributes.shape(0);
  const std::vector<int64_t>& interior = call.attributes.ints(2);
  const mx::array value(call.attributes.number(3), x.dtype());
  const mx::array filled = mx::full(call.out().shape, value);
  if (x.size() == 0 || x.ndim() == 0) return x.ndim() == 0 ? x : filled;
  mx::Shape stop = low;
  mx::Shape step = low;
  for (size_t axis = 0; axis < low.size(); ++axis) {
    step[axis] = static_cast<int>(interior[axis]) + 1;
    stop[axis] = low[axis] + (x.shape()[axis] - 1) * step[axis] + 1;
  }
  return mx::slice_update(filled, x, low, stop, step);
}

mx::array lower_concat(const Call& call) {
  return mx::concatenate({call.inputs.begin(), call.inputs.end()}, call.axis(0));
}

mx::array lower_flip(const Call& call) {
  const std::vector<int> axes = call.axes(0);
  return axes.empty() ? call.in(0) : mx::flip(call.in(0), axes);
}

// An array of its own to MLX, which so does not merge what is computed from it.
mx::array lower_barrier(const Call& call) {
  return mx::depends({call.in(0)}, {call.inputs.begin() + 1, call.inputs.end()}).front();
}

}  // namespace vorab::on_mlx
