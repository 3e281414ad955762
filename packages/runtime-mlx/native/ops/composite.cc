#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {

mx::array lower_softmax(const Call& call) { return mx::softmax(call.in(0), call.axis(0), true); }

}  // namespace vorab::on_mlx
