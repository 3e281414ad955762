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

}  // namespace vorab::on_mlx
