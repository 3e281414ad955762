#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {

// MLX multiplies matrices of floats only; integers are products and sums.
mx::array lower_matmul(const Call& call) {
  const mx::array& a = call.in(0);
  const mx::array& b = call.in(1);
  if (call.out().shape.empty()) return mx::sum(mx::multiply(a, b));
  if (a.shape(-1) == 0) return mx::zeros(call.out().shape, a.dtype());
  if (is_float(a)) return mx::matmul(a, b);
  const mx::array products = mx::multiply(mx::expand_dims(a, -1), mx::expand_dims(b, -3));
  return mx::astype(mx::sum(products, -2), a.dtype());
}

}  // namespace vorab::on_mlx
