#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {

mx::array lower_full(const Call& call) {
  const Type& type = call.out();
  return mx::full(type.shape, mx::array(call.attributes.number(0), type.dtype));
}

mx::array lower_iota(const Call& call) {
  const Type& type = call.out();
  const int axis = call.axis(1);
  const mx::array line = mx::astype(mx::arange(0, type.shape[axis], 1), type.dtype);
  mx::Shape column(type.shape.size(), 1);
  column[axis] = type.shape[axis];
  return mx::broadcast_to(mx::reshape(line, column), type.shape);
}

mx::array lower_constant(const Call& call) { return call.in(0); }

mx::array lower_sizeOf(const Call& call) {
  return mx::array(call.attributes.integer(0), call.out().dtype);
}

}  // namespace vorab::on_mlx
