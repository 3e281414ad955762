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

// eˣ / Σ eˣ along an axis, in f32 for halves.
mx::array softmax_along(const mx::array& x, int axis);

// Halves take a function of several steps in f32, and are rounded once.
template <class Function>
mx::array in_f32(const mx::array& a, Function function) {
  if (!is_half(a)) return function(a, {});
  return mx::astype(function(mx::astype(a, mx::float32), {}), a.dtype());
}

// A namespace of their own, since MLX's names would be found as well.
namespace exact {

mx::array divide(const mx::array& a, const mx::array& b);
mx::array modulo(const mx::array& a, const mx::array& b);
mx::array power(const mx::array& a, const mx::array& b);
mx::array sign(const mx::array& a);
mx::array cast(const mx::array& a, mx::Dtype dtype);
mx::array bit_xor(const mx::array& a, const mx::array& b);
mx::array shift_left(const mx::array& a, const mx::array& by);
mx::array shift_right(const mx::array& a, const mx::array& by);

}  // namespace exact
}  // namespace vorab::on_mlx
