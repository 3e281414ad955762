#include <numeric>

#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

using Reduction = mx::array (*)(const mx::array&, const std::vector<int>&, bool,
                                mx::StreamOrDevice);

// MLX widens small integers (they wrap the same when narrowed again), sums halves in halves, and
// refuses or leaves undefined what has no elements.
mx::array reduce(const Call& call, Reduction reduction, const mx::array& identity) {
  const mx::array& x = call.in(0);
  const std::vector<int> axes = call.axes(0);
  if (axes.empty()) return x;
  if (x.size() == 0) return mx::full(call.out().shape, identity, x.dtype());
  const mx::array wide = is_half(x) ? mx::astype(x, mx::float32) : x;
  return mx::astype(reduction(wide, axes, false, {}), x.dtype());
}

// Least and greatest values, infinities for floats.
mx::array bottom(mx::Dtype dtype) {
  if (mx::issubdtype(dtype, mx::floating)) return mx::array(-INFINITY, dtype);
  if (mx::issubdtype(dtype, mx::unsignedinteger)) return mx::array(0, dtype);
  return mx::array(std::numeric_limits<int64_t>::min() >> (64 - 8 * mx::size_of(dtype)), dtype);
}

mx::array top(mx::Dtype dtype) {
  if (mx::issubdtype(dtype, mx::floating)) return mx::array(INFINITY, dtype);
  const size_t bits = 8 * mx::size_of(dtype);
  if (mx::issubdtype(dtype, mx::unsignedinteger)) {
    return mx::array(std::numeric_limits<uint64_t>::max() >> (64 - bits), dtype);
  }
  return mx::array(std::numeric_limits<int64_t>::max() >> (64 - bits), dtype);
}

using Search = mx::array (*)(const mx::array&, int, bool, mx::StreamOrDevice);

// The first NaN, if there is one, else the first of equals. MLX passes NaNs over.
mx::array search(const Call& call, Search best) {
  const mx::array& x = call.in(0);
  const int axis = call.axis(0);
  if (x.size() == 0) return mx::zeros(call.out().shape, call.out().dtype);
  const mx::array found = best(x, axis, false, {});
  if (!is_float(x)) return mx::astype(found, call.out().dtype);
  const mx::array nan = mx::isnan(x);
  const mx::array first = mx::argmax(mx::astype(nan, mx::uint8), axis, false);
  return mx::astype(mx::where(mx::any(nan, axis, false), first, found), call.out().dtype);
}

}  // namespace

mx::array lower_sum(const Call& call) { return reduce(call, mx::sum, mx::array(0)); }
mx::array lower_prod(const Call& call) { return reduce(call, mx::prod, mx::array(1)); }
mx::array lower_max(const Call& call) { return reduce(call, mx::max, bottom(call.in(0).dtype())); }
mx::array lower_min(const Call& call) { return reduce(call, mx::min, top(call.in(0).dtype())); }
mx::array lower_any(const Call& call) { return reduce(call, mx::any, mx::array(false)); }
mx::array lower_all(const Call& call) { return reduce(call, mx::all, mx::array(true)); }
mx::array lower_argMax(const Call& call) { return search(call, mx::argmax); }
mx::array lower_argMin(const Call& call) { return search(call, mx::argmin); }

}  // namespace vorab::on_mlx
