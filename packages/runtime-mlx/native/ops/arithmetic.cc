#include "runtime-mlx/native/ops/arithmetic.h"

#include <bit>
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

mx::array magnitude(const mx::array& a) {
  if (!is_signed(a)) return a;
  const mx::Dtype unsigned_dtypes[] = {mx::uint8, mx::uint16, mx::uint32, mx::uint64};
  const auto width = std::countr_zero(mx::size_of(a.dtype()));
  return mx::view(mx::abs(a), unsigned_dtypes[width]);
}

// Whether a shift lies in [0, width).
mx::array within_width(const mx::array& by) {
  const int width = 8 * static_cast<int>(mx::size_of(by.dtype()));
  const mx::array below = mx::less(by, like(by, width));
  return is_signed(by) ? mx::logical_and(below, mx::greater_equal(by, like(by, 0))) : below;
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

// Truncates, whichever way MLX's own integer division rounds: magnitudes first, then the sign.
// Magnitudes are unsigned, so that the least integer has one.
mx::array divide(const mx::array& a, const mx::array& b) {
  if (is_float(a)) return mx::divide(a, b);
  const mx::array quotient = mx::floor_divide(magnitude(a), safe_divisor(magnitude(b)));
  const mx::array zero = like(a, 0);
  const mx::array positive = mx::view(quotient, a.dtype());
  const mx::array opposite = mx::not_equal(mx::less(a, zero), mx::less(b, zero));
  const mx::array with_sign = mx::where(opposite, mx::negative(positive), positive);
  return mx::where(mx::equal(b, zero), zero, with_sign);
}

// x mod 0 is 0, and so is what safe_divisor makes of it: everything is a multiple of 1.
mx::array modulo(const mx::array& a, const mx::array& b) {
  return mx::remainder(a, is_float(a) ? b : safe_divisor(b));
}

// Negative exponents leave only 1 and -1 other than 0.
mx::array power(const mx::array& a, const mx::array& b) {
  if (!is_signed(a)) return mx::power(a, b);
  const mx::array zero = like(a, 0);
  const mx::array one = like(a, 1);
  const mx::array negative = mx::less(b, zero);
  const mx::array odd = mx::not_equal(mx::bitwise_and(b, one), zero);
  const mx::array of_minus_one = mx::where(odd, like(a, -1), one);
  const mx::array inverse =
      mx::where(mx::equal(a, one), one, mx::where(mx::equal(a, like(a, -1)), of_minus_one, zero));
  return mx::where(negative, inverse, mx::power(a, mx::where(negative, zero, b)));
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

mx::array shift_left(const mx::array& a, const mx::array& by) {
  const mx::array inside = within_width(by);
  return mx::where(inside, mx::left_shift(a, mx::where(inside, by, like(by, 0))), like(a, 0));
}

// By width - 1 and more, nothing but the sign is left; a negative shift counts as one too wide.
mx::array shift_right(const mx::array& a, const mx::array& by) {
  const mx::array inside = within_width(by);
  const int last = 8 * static_cast<int>(mx::size_of(a.dtype())) - 1;
  const mx::array shifted = mx::right_shift(a, mx::where(inside, by, like(by, last)));
  return is_signed(a) ? shifted : mx::where(inside, shifted, like(a, 0));
}

}  // namespace exact
}  // namespace vorab::on_mlx
