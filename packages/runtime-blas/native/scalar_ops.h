// Every elementwise op, one functor a row. The rows of the generated op table drive the dispatch,
// so a row without a functor here does not compile. V is a vector of any lane type the op takes;
// comparisons give a mask.
//
//   Unary/Binary<Class>     operands and result of one dtype
//   Test1/Test2<Class>      operands of one dtype, result bool
//   Choose, Convert, Reinterpret    where, cast, bitcast
//
// Meanings are those of packages/graph/src/ops: rounding half to even, mod with the divisor's sign,
// minimum and maximum pass NaN on, integers wrap, a division of an integer by 0 is 0, shifts by the
// width or more shift everything out.
#pragma once

#include "kernels/math_f32.h"
#include "kernels/math_int.h"
#include "kernels/math_wide.h"

namespace vorab::blas::VORAB_ISA {

enum class Class : uint8_t { Float, Integer, Number, Bool, Any };

enum class Form : uint8_t { Same, Test, Choose, Convert, Reinterpret };

template <Form F, Class C, int Arity>
struct OpTraits {
  static constexpr Form kForm = F;
  static constexpr Class kClass = C;
  static constexpr int kArity = Arity;
};

template <Class C>
struct Unary : OpTraits<Form::Same, C, 1> {};
template <Class C>
struct Binary : OpTraits<Form::Same, C, 2> {};
template <Class C>
struct Test1 : OpTraits<Form::Test, C, 1> {};
template <Class C>
struct Test2 : OpTraits<Form::Test, C, 2> {};
struct Choose : OpTraits<Form::Choose, Class::Any, 3> {};
struct Convert : OpTraits<Form::Convert, Class::Any, 1> {};
struct Reinterpret : OpTraits<Form::Reinterpret, Class::Any, 1> {};

// One expression over x, or over x and y.
#define VORAB_UNARY(name, kinds, expression) \
  struct op_##name : Unary<Class::kinds> {   \
    template <class V>                       \
    static V apply(V x) {                    \
      return expression;                     \
    }                                        \
  };
#define VORAB_BINARY(name, kinds, expression) \
  struct op_##name : Binary<Class::kinds> {   \
    template <class V>                        \
    static V apply(V x, V y) {                \
      return expression;                      \
    }                                         \
  };
#define VORAB_TEST1(name, kinds, expression) \
  struct op_##name : Test1<Class::kinds> {   \
    template <class V>                       \
    static Mask<V> apply(V x) {              \
      return expression;                     \
    }                                        \
  };
#define VORAB_TEST2(name, kinds, expression) \
  struct op_##name : Test2<Class::kinds> {   \
    template <class V>                       \
    static Mask<V> apply(V x, V y) {         \
      return expression;                     \
    }                                        \
  };
// A function with a vector form for f32 and the C library's for f64.
#define VORAB_FUNCTION(name, vector, scalar)                     \
  struct op_##name : Unary<Class::Float> {                       \
    template <class V>                                           \
    static V apply(V x) {                                        \
      if constexpr (kIsFloat<V>)                                 \
        return vector(x);                                        \
      else                                                       \
        return map_lanes(x, [](double v) { return scalar(v); }); \
    }                                                            \
  };
// The C library's for both.
#define VORAB_LIBRARY(name, function)                                \
  struct op_##name : Unary<Class::Float> {                           \
    template <class V>                                               \
    static V apply(V x) {                                            \
      if constexpr (kIsFloat<V>)                                     \
        return map_lanes(x, [](float v) { return function##f(v); }); \
      else                                                           \
        return map_lanes(x, [](double v) { return function(v); });   \
    }                                                                \
  };

// ------------------------------------------------------------------------------------------
// arithmetic

VORAB_BINARY(add, Number, x + y)
VORAB_BINARY(sub, Number, x - y)
VORAB_BINARY(mul, Number, x* y)
VORAB_BINARY(div, Number, divide(x, y))
VORAB_BINARY(mod, Number, floor_mod(x, y))
VORAB_BINARY(minimum, Number, lesser(x, y))
VORAB_BINARY(maximum, Number, greater_of(x, y))
VORAB_UNARY(neg, Number, -x)
VORAB_UNARY(abs, Number, abs_of(x))
VORAB_UNARY(sign, Number, sign_of(x))
VORAB_UNARY(floor, Float, round_of<Rounding::Down>(x))
VORAB_UNARY(ceil, Float, round_of<Rounding::Up>(x))
VORAB_UNARY(round, Float, round_of<Rounding::Nearest>(x))
VORAB_UNARY(trunc, Float, round_of<Rounding::Zero>(x))
VORAB_UNARY(sqrt, Float, sqrt_of(x))
VORAB_UNARY(rsqrt, Float, splat<V>(1) / sqrt_of(x))

// ------------------------------------------------------------------------------------------
// functions

VORAB_FUNCTION(exp, exp_f32, __builtin_exp)
VORAB_FUNCTION(expm1, expm1_f32, __builtin_expm1)
VORAB_FUNCTION(log, log_f32, __builtin_log)
VORAB_FUNCTION(log1p, log1p_f32, __builtin_log1p)
VORAB_FUNCTION(tanh, tanh_f32, __builtin_tanh)
VORAB_FUNCTION(erf, erf_f32, __builtin_erf)
VORAB_FUNCTION(erfInv, erf_inv_f32, erf_inv_f64)
VORAB_FUNCTION(sigmoid, sigmoid_f32, sigmoid_f64)
VORAB_FUNCTION(sin, sin_f32, __builtin_sin)
VORAB_FUNCTION(cos, cos_f32, __builtin_cos)
VORAB_FUNCTION(tan, tan_f32, __builtin_tan)
VORAB_LIBRARY(asin, __builtin_asin)
VORAB_LIBRARY(acos, __builtin_acos)
VORAB_LIBRARY(atan, __builtin_atan)
VORAB_LIBRARY(sinh, __builtin_sinh)
VORAB_LIBRARY(cosh, __builtin_cosh)
VORAB_LIBRARY(asinh, __builtin_asinh)
VORAB_LIBRARY(acosh, __builtin_acosh)
VORAB_LIBRARY(atanh, __builtin_atanh)
VORAB_LIBRARY(exp2, __builtin_exp2)
VORAB_LIBRARY(log2, __builtin_log2)
VORAB_BINARY(pow, Number, power(x, y))
VORAB_BINARY(atan2, Float, arc_tangent(x, y))

// ------------------------------------------------------------------------------------------ bits

VORAB_BINARY(bitwiseAnd, Integer, x& y)
VORAB_BINARY(bitwiseOr, Integer, x | y)
VORAB_BINARY(bitwiseXor, Integer, x ^ y)
VORAB_UNARY(bitwiseNot, Integer, ~x)
VORAB_BINARY(shiftLeft, Integer, shift_left(x, y))
VORAB_BINARY(shiftRight, Integer, shift_right(x, y))

// ------------------------------------------------------------------------------------------
// comparison, logic

VORAB_TEST2(equal, Any, x == y)
VORAB_TEST2(notEqual, Any, x != y)
VORAB_TEST2(less, Any, x < y)
VORAB_TEST2(lessEqual, Any, x <= y)
VORAB_TEST2(greater, Any, x > y)
VORAB_TEST2(greaterEqual, Any, x >= y)
VORAB_TEST1(isNaN, Float, x != x)
VORAB_TEST1(isFinite, Float, abs_of(x) < splat<V>(__builtin_inf()))
VORAB_BINARY(logicalAnd, Bool, x& y)
VORAB_BINARY(logicalOr, Bool, x | y)
VORAB_BINARY(logicalXor, Bool, x ^ y)
VORAB_UNARY(logicalNot, Bool, x ^ splat<V>(1))

// ------------------------------------------------------------------------------------------ the
// odd ones

struct op_where : Choose {
  template <class V>
  static V apply(Mask<V> condition, V x, V y) {
    return condition ? x : y;
  }
};
struct op_cast : Convert {};
struct op_bitcast : Reinterpret {};

}  // namespace vorab::blas::VORAB_ISA
