#include "runtime-mlx/native/ops/arithmetic.h"

#include <cmath>
#include <limits>

namespace vorab::on_mlx {
namespace {

bool is_signed(const mx::array& a) { return mx::issubdtype(a.dtype(), mx::signedinteger); }

int64_t integer_max(mx::Dtype dtype) {
  const int bits = 8 * static_cast<int>(mx::size_of(dtype));
  const bool has_sign = mx::issubdtype(dtype, mx::signedinteger);
  if (!has_sign) return (int64_t{1} << bits) - 1;
  return std::numeric_limits<int64_t>::max() >> (64 - bits);
}

int64_t integer_min(mx::Dtype dtype) {
  return mx::issubdtype(dtype, mx::signedinteger) ? -integer_max(dtype) - 1 : 0;
}

// Dividing by 0, or the least integer by -1, traps on a CPU: such divisors become 1.
mx::array safe_divisor(const mx::array& b) {
  mx::array unsafe = mx::equal(b, like(b, 0));
  if (is_signed(b)) unsafe = mx::logical_or(unsafe, mx::equal(b, like(b, -1)));
  return mx::where(unsafe, like(b, 1), b);
}

mx::array float_to_integer(const mx::array& a, mx::Dtype dtype) {
  const mx::array x = mx::trunc(is_half(a) ? mx::astype(a, mx::float32) : a);
  // Powers of two, so exact in every float dtype.
  const double top = std::ldexp(1.0, mx::issubdtype(dtype, mx::signedinteger)
                                         ? 8 * static_cast<int>(mx::size_of(dtype)) - 1
                                         : 8 * static_cast<int>(mx::size_of(dtype)));
  const double bottom = static_cast<double>(integer_min(dtype));
  const mx::array above = mx::greater_equal(x, like(x, top));
  const mx::array below = mx::less(x, like(x, bottom));
  const mx::array outside = mx::logical_or(mx::logical_or(above, below), mx::isnan(x));
  const mx::array inside = mx::astype(mx::where(outside, like(x, 0), x), dtype);
  const mx::array capped = mx::where(above, mx::array(integer_max(dtype), dtype), inside);
  return mx::where(below, mx::array(integer_min(dtype), dtype), capped);
}

}  // namespace

bool is_float(const mx::array& a) { return mx::issubdtype(a.dtype(), mx::floating); }

bool is_half(const mx::array& a) { return a.dtype() == mx::float16 || a.dtype() == mx::bfloat16; }

namespace exact {

mx::array divide(const mx::array& a, const mx::array& b) {
  if (is_float(a)) return mx::divide(a, b);
  // MLX's Divide on integers truncates.
  mx::array quotient = mx::floor_divide(a, safe_divisor(b));
  if (is_signed(b)) quotient = mx::where(mx::equal(b, like(b, -1)), mx::negative(a), quotient);
  return mx::where(mx::equal(b, like(b, 0)), like(a, 0), quotient);
}

mx::array sign(const mx::array& a) {
  return is_float(a) ? mx::where(mx::isnan(a), a, mx::sign(a)) : mx::sign(a);
}

mx::array cast(const mx::array& a, mx::Dtype dtype) {
  if (dtype == mx::bool_) return mx::not_equal(a, like(a, 0));
  const bool narrows = is_float(a) && !mx::issubdtype(dtype, mx::floating);
  return narrows ? float_to_integer(a, dtype) : mx::astype(a, dtype);
}

// MLX's kernel for bool runs twice over its own result.
mx::array bit_xor(const mx::array& a, const mx::array& b) {
  return a.dtype() == mx::bool_ ? mx::not_equal(a, b) : mx::bitwise_xor(a, b);
}

}  // namespace exact
}  // namespace vorab::on_mlx
