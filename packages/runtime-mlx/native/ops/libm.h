// Elementary functions to the precision of the C library, where MLX's own kernels approximate.
#pragma once

#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx::precise {

// On devices whose kernels are precise these are MLX's own ops; on MLX's CPU device one kernel of
// ours each.
mx::array exp(const mx::array& x);
mx::array exp2(const mx::array& x);
mx::array sin(const mx::array& x);
mx::array cos(const mx::array& x);
mx::array erf(const mx::array& x);
mx::array erf_inv(const mx::array& x);
mx::array sigmoid(const mx::array& x);

}  // namespace vorab::on_mlx::precise
