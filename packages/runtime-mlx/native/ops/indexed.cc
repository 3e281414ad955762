#include <cmath>
#include <numeric>

#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

// MLX reads and writes wherever an index points, and counts negative ones from the end: none may
// leave this file unclamped. Comparing in 64 bits keeps every index dtype's values.
struct Indices {
  mx::array inside;   // bool
  mx::array clamped;  // i32
};

Indices clamp(const mx::array& indices, int extent) {
  const bool wide = indices.dtype() == mx::int64 || indices.dtype() == mx::uint32;
  const mx::array at = mx::astype(indices, wide ? mx::int64 : mx::int32);
  const mx::array first = like(at, 0);
  const mx::array last = like(at, extent - 1);
  return {mx::logical_and(mx::greater_equal(at, first), mx::less_equal(at, last)),
          mx::astype(mx::minimum(mx::maximum(at, first), last), mx::int32)};
}

std::vector<int> range(int begin, int end) {
  std::vector<int> values(static_cast<size_t>(end - begin));
  std::iota(values.begin(), values.end(), begin);
  return values;
}

// From gather's layout, x[:axis] + indices + x[axis+1:], to MLX's: indices + x with extent 1 on the
// axis.
mx::array to_scatter_layout(const mx::array& updates, const mx::array& x, const mx::array& indices,
                            int axis) {
  const int index_rank = static_cast<int>(indices.ndim());
  std::vector<int> order = range(axis, axis + index_rank);
  for (const int before : range(0, axis)) order.push_back(before);
  for (const int behind : range(axis + index_rank, static_cast<int>(updates.ndim()))) {
    order.push_back(behind);
  }
  mx::Shape shape = indices.shape();
  for (int i = 0; i < static_cast<int>(x.ndim()); ++i) {
    shape.push_back(i == axis ? 1 : x.shape(i));
  }
  return mx::reshape(mx::transpose(updates, order), shape);
}

// Where to write: a place behind the axis for what lies outside.
mx::array with_spare(const mx::array& indices, int extent) {
  const Indices found = clamp(indices, extent);
  return mx::where(found.inside, found.clamped, like(found.clamped, extent));
}

using Scatter = mx::array (*)(const mx::array& a, const mx::array& indices,
                              const mx::array& updates, int axis, mx::StreamOrDevice);

// Writes to x with a spare place behind the axis, and leaves that away.
mx::array scatter_with(const Call& call, const mx::array& places, const mx::array& x,
                       const mx::array& updates, Scatter scatter) {
  const int axis = call.axis(0);
  mx::Shape spare = x.shape();
  spare[axis] = 1;
  const mx::array wide = mx::concatenate({x, mx::zeros(spare, x.dtype())}, axis);
  const mx::array written =
      scatter(wide, places, to_scatter_layout(updates, x, places, axis), axis, {});
  return mx::slice(written, mx::Shape(x.ndim(), 0), x.shape());
}

// NaN is passed on: MLX does not say which of two elements it keeps where one is NaN.
mx::array scatter_extreme(const Call& call, Scatter scatter) {
  const mx::array& x = call.in(0);
  const mx::array& updates = call.in(2);
  if (x.size() == 0 || updates.size() == 0) return x;
  const mx::array places = with_spare(call.in(1), x.shape(call.axis(0)));
  const mx::array result = scatter_with(call, places, x, updates, scatter);
  if (!is_float(x)) return result;
  const auto marks = [](const mx::array& a) { return mx::astype(mx::isnan(a), mx::int32); };
  const mx::array nan = scatter_with(call, places, marks(x), marks(updates), mx::scatter_max);
  return mx::where(mx::greater(nan, like(nan, 0)), like(result, NAN), result);
}

}  // namespace

mx::array lower_gather(const Call& call) {
  const mx::array& x = call.in(0);
  const int axis = call.axis(0);
  if (call.in(1).size() == 0 || x.size() == 0) return mx::zeros(call.out().shape, x.dtype());
  return mx::take(x, clamp(call.in(1), x.shape(axis)).clamped, axis);
}

mx::array lower_takeAlongAxis(const Call& call) {
  const mx::array& x = call.in(0);
  const int axis = call.axis(0);
  if (call.in(1).size() == 0 || x.size() == 0) return mx::zeros(call.out().shape, x.dtype());
  return mx::take_along_axis(x, clamp(call.in(1), x.shape(axis)).clamped, axis);
}

// What lies outside adds zero to the nearest element. Halves are summed in f32, as every sum is.
mx::array lower_scatterAdd(const Call& call) {
  const mx::array& x = call.in(0);
  const int axis = call.axis(0);
  if (x.size() == 0 || call.in(2).size() == 0) return x;
  const Indices indices = clamp(call.in(1), x.shape(axis));
  const mx::Dtype sum = is_half(x) ? mx::float32 : x.dtype();
  const mx::array updates = to_scatter_layout(mx::astype(call.in(2), sum), x, call.in(1), axis);
  mx::Shape mask = indices.inside.shape();
  mask.resize(updates.ndim(), 1);
  const mx::array kept = mx::where(mx::reshape(indices.inside, mask), updates, like(updates, 0));
  const mx::array result = mx::scatter_add(mx::astype(x, sum), indices.clamped, kept, axis);
  return mx::astype(result, x.dtype());
}

// Of several updates for one element the last stays, on devices too whose threads race.
mx::array lower_scatter(const Call& call) {
  const mx::array& x = call.in(0);
  if (x.size() == 0 || call.in(2).size() == 0) return x;
  const int extent = x.shape(call.axis(0));
  const mx::array places = with_spare(call.in(1), extent);
  const mx::array turn = mx::reshape(mx::arange(static_cast<int>(places.size())), places.shape());
  mx::Shape column = places.shape();
  column.push_back(1);
  const mx::array none = mx::full({extent + 1}, mx::array(-1, mx::int32));
  const mx::array last = mx::scatter_max(none, places, mx::reshape(turn, column), 0);
  const mx::array wins = mx::equal(mx::take(last, places, 0), turn);
  return scatter_with(call, mx::where(wins, places, like(places, extent)), x, call.in(2),
                      mx::scatter);
}

mx::array lower_scatterMax(const Call& call) { return scatter_extreme(call, mx::scatter_max); }
mx::array lower_scatterMin(const Call& call) { return scatter_extreme(call, mx::scatter_min); }

}  // namespace vorab::on_mlx
