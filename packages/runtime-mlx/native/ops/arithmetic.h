// What an op means where MLX's own op means something else, or is undefined: built of MLX ops that
// are defined.
#pragma once

#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx {

bool is_float(const mx::array& a);
bool is_half(const mx::array& a);  // f16 or bf16

// A scalar of another array's dtype; MLX would promote otherwise.
template <class T>
mx::array like(const mx::array& a, T value) {
  return mx::array(value, a.dtype());
}

// A namespace of their own, since MLX's names would be found as well.
namespace exact {

mx::array divide(const mx::array& a, const mx::array& b);
mx::array sign(const mx::array& a);
mx::array cast(const mx::array& a, mx::Dtype dtype);
mx::array bit_xor(const mx::array& a, const mx::array& b);

}  // namespace exact
}  // namespace vorab::on_mlx
