#include "scalar.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <stdexcept>

#include "../bind/values.h"

namespace vorab::blas::test {
namespace {

constexpr Real kInf = std::numeric_limits<Real>::infinity();

template <class T>
Real get(const std::byte* data, int64_t i) {
  T x;
  std::memcpy(&x, data + i * static_cast<int64_t>(sizeof(T)), sizeof x);
  return static_cast<Real>(x);
}

Real half_value(uint16_t bits) {
  const Real sign = bits & 0x8000 ? -1 : 1;
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31) return fraction ? std::numeric_limits<Real>::quiet_NaN() : sign * kInf;
  return sign * (exponent ? std::ldexp(1 + fraction / 1024.0L, exponent - 15)
                          : std::ldexp(Real(fraction), -24));
}

int64_t to_integer(Real x) { return static_cast<int64_t>(x); }

bool integral(Dt d) { return !is_float(d) && d != Dt::Bool; }

enum Class { Float, Integer, Number, Bool, Any };

struct Row {
  int arity;
  Class takes;
  bool test;
  Real (*f)(Dt, const Real*);
  double ulp = 0.5001;
};

Real wrapped_power(Real x, Real y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (to_integer(y) % 2 == 0 ? 1 : -1) : 0;
  auto base = static_cast<uint64_t>(to_integer(x));
  uint64_t r = 1;
  for (auto n = static_cast<uint64_t>(to_integer(y)); n != 0; n >>= 1, base *= base) {
    if (n & 1) r *= base;
  }
  return static_cast<Real>(static_cast<int64_t>(r));
}

Real erf_inv(Real x) {
  if (!(std::fabs(x) < 1)) return std::fabs(x) == 1 ? x * kInf : std::nanl("");
  Real low = 0, high = 8;
  const Real a = std::fabs(x);
  if (a < 1e-20L) return x * 0.886226925452758013649L;  // sqrt(pi) / 2
  for (int i = 0; i < 200; ++i) {
    const Real mid = (low + high) / 2;
    const bool below = a < 0.5L ? std::erf(mid) < a : std::erfc(mid) > 1 - a;
    (below ? low : high) = mid;
  }
  return std::copysign(low, x);
}

Real floor_mod(Real x, Real y) {
  const Real r = std::fmod(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

#define UNARY(name, takes, expression, ...) \
  {                                         \
    #name, {                                \
      1, takes, false,                      \
          [](Dt, const Real* a) -> Real {   \
            const Real x = a[0];            \
            return expression;              \
          },                                \
          ##__VA_ARGS__                     \
    }                                       \
  }
#define BINARY(name, takes, test, expression, ...) \
  {                                                \
    #name, {                                       \
      2, takes, test,                              \
          [](Dt d, const Real* a) -> Real {        \
            (void)d;                               \
            const Real x = a[0], y = a[1];         \
            return expression;                     \
          },                                       \
          ##__VA_ARGS__                            \
    }                                              \
  }

// clang-format off
const std::map<std::string, Row> kRows = {
    BINARY(add, Number, false, integral(d) ?
        static_cast<Real>(static_cast<int64_t>(static_cast<uint64_t>(to_integer(x)) + static_cast<uint64_t>(to_integer(y)))) : x + y),
    BINARY(sub, Number, false, integral(d) ?
        static_cast<Real>(static_cast<int64_t>(static_cast<uint64_t>(to_integer(x)) - static_cast<uint64_t>(to_integer(y)))) : x - y),
    BINARY(mul, Number, false, integral(d) ?
        static_cast<Real>(static_cast<int64_t>(static_cast<uint64_t>(to_integer(x)) * static_cast<uint64_t>(to_integer(y)))) : x * y),
    BINARY(div, Number, false, integral(d) ? (y == 0 ? 0 : std::trunc(x / y)) : x / y),
    BINARY(mod, Number, false, integral(d) ? (y == 0 ? 0 : floor_mod(x, y)) : floor_mod(x, y), 1.0),
    BINARY(pow, Number, false, integral(d) ? wrapped_power(x, y) : std::pow(x, y), 1.0),
    BINARY(maximum, Number, false, x != x ? x : y != y ? y : x > y ? x : y),
    BINARY(minimum, Number, false, x != x ? x : y != y ? y : x < y ? x : y),
    BINARY(atan2, Float, false, std::atan2(x, y), 2.0),
    UNARY(abs, Number, std::fabs(x)), UNARY(neg, Number, -x), UNARY(sign, Number, x > 0 ? 1 : x < 0 ? -1 : x),
    UNARY(ceil, Float, std::ceil(x)), UNARY(floor, Float, std::floor(x)), UNARY(round, Float, std::nearbyint(x)), UNARY(trunc, Float, std::trunc(x)),
    UNARY(sqrt, Float, std::sqrt(x)), UNARY(rsqrt, Float, 1 / std::sqrt(x), 1.6),
    UNARY(exp, Float, std::exp(x), 1.5), UNARY(exp2, Float, std::exp2(x), 1.5), UNARY(expm1, Float, std::expm1(x), 1.5),
    UNARY(log, Float, std::log(x), 1.5), UNARY(log2, Float, std::log2(x), 1.5), UNARY(log1p, Float, std::log1p(x), 1.5),
    UNARY(erf, Float, std::erf(x), 1.5), UNARY(erfInv, Float, erf_inv(x), 1.5),
    UNARY(sigmoid, Float, 1 / (1 + std::exp(-x)), 2.0),
    UNARY(sin, Float, std::sin(x), 1.0), UNARY(cos, Float, std::cos(x), 1.0), UNARY(tan, Float, std::tan(x), 1.0),
    UNARY(asin, Float, std::asin(x), 2.0), UNARY(acos, Float, std::acos(x), 2.0), UNARY(atan, Float, std::atan(x), 2.0),
    UNARY(sinh, Float, std::sinh(x), 2.5), UNARY(cosh, Float, std::cosh(x), 2.5), UNARY(tanh, Float, std::tanh(x), 2.0),
    UNARY(asinh, Float, std::asinh(x), 2.5), UNARY(acosh, Float, std::acosh(x), 2.5), UNARY(atanh, Float, std::atanh(x), 2.5),
    BINARY(equal, Any, true, x == y), BINARY(notEqual, Any, true, x != y), BINARY(less, Any, true, x < y),
    BINARY(lessEqual, Any, true, x <= y), BINARY(greater, Any, true, x > y), BINARY(greaterEqual, Any, true, x >= y),
    {"isFinite", {1, Float, true, [](Dt, const Real* a) -> Real { return std::isfinite(a[0]); }}},
    {"isNaN", {1, Float, true, [](Dt, const Real* a) -> Real { return std::isnan(a[0]); }}},
    BINARY(bitwiseAnd, Integer, false, static_cast<Real>(to_integer(x) & to_integer(y))),
    BINARY(bitwiseOr, Integer, false, static_cast<Real>(to_integer(x) | to_integer(y))),
    BINARY(bitwiseXor, Integer, false, static_cast<Real>(to_integer(x) ^ to_integer(y))),
    UNARY(bitwiseNot, Integer, static_cast<Real>(~to_integer(x))),
    BINARY(shiftLeft, Integer, false, y < 0 || y >= 8 * static_cast<Real>(width(d)) ? 0 :
        static_cast<Real>(static_cast<int64_t>(static_cast<uint64_t>(to_integer(x)) << to_integer(y)))),
    BINARY(shiftRight, Integer, false, y < 0 || y >= 8 * static_cast<Real>(width(d)) ? (x < 0 ? -1 : 0) :
        static_cast<Real>(to_integer(x) >> to_integer(y))),
    BINARY(logicalAnd, Bool, false, x != 0 && y != 0), BINARY(logicalOr, Bool, false, x != 0 || y != 0),
    BINARY(logicalXor, Bool, false, x != y), UNARY(logicalNot, Bool, x == 0),
};
// clang-format on

bool takes(Class c, Dt d) {
  switch (c) {
    case Float: return is_float(d);
    case Integer: return integral(d);
    case Number: return d != Dt::Bool;
    case Bool: return d == Dt::Bool;
    case Any: return true;
  }
  return false;
}

Real cast(Dt from, Dt to, Real x) {
  if (to == Dt::Bool) return x != 0;
  if (!is_float(from) || is_float(to)) return x;
  if (x != x) return 0;
  const int bits = static_cast<int>(width(to)) * 8;
  const bool is_signed = to == Dt::I8 || to == Dt::I32 || to == Dt::I64;
  const Real low = is_signed ? -std::ldexp(1.0L, bits - 1) : 0,
             high = std::ldexp(1.0L, is_signed ? bits - 1 : bits) - 1;
  return std::fmin(std::fmax(std::trunc(x), low), high);
}

}  // namespace

Real read(Dt dtype, const std::byte* data, int64_t i) {
  switch (dtype) {
    case Dt::Bool:
    case Dt::U8: return get<uint8_t>(data, i);
    case Dt::I8: return get<int8_t>(data, i);
    case Dt::U32: return get<uint32_t>(data, i);
    case Dt::I32: return get<int32_t>(data, i);
    case Dt::I64: return get<int64_t>(data, i);
    case Dt::F16: return half_value(static_cast<uint16_t>(get<uint16_t>(data, i)));
    case Dt::BF16: return std::bit_cast<float>(static_cast<uint32_t>(get<uint16_t>(data, i)) << 16);
    case Dt::F32: return get<float>(data, i);
    case Dt::F64: return get<double>(data, i);
  }
  return 0;
}

void write(Dt dtype, std::byte* data, int64_t i, Real x) {
  // Halves go through f32, as the kernels compute them.
  const uint64_t bits =
      is_float(dtype) ? bits_of(dtype == Dt::F64 ? static_cast<double>(x)
                                                 : static_cast<double>(static_cast<float>(x)),
                                dtype)
      : dtype == Dt::Bool
          ? uint64_t{x != 0}
          : static_cast<uint64_t>(x < 0 ? static_cast<uint64_t>(static_cast<int64_t>(x))
                                        : static_cast<uint64_t>(x));
  std::memcpy(data + i * static_cast<int64_t>(width(dtype)), &bits, width(dtype));
}

Real rounded(Dt dtype, Real x) {
  std::byte data[8] = {};
  write(dtype, data, 0, x);
  return read(dtype, data, 0);
}

double ulps(Dt dtype, Real found, Real expected) {
  if (found != found || expected != expected)
    return found != found && expected != expected ? 0 : 1e30;
  if (found == expected || found == rounded(dtype, expected)) return 0;
  if (std::isinf(found) || !is_float(dtype)) return 1e30;
  const int digits = dtype == Dt::F16 ? 11 : dtype == Dt::BF16 ? 8 : dtype == Dt::F32 ? 24 : 53;
  const int lowest = dtype == Dt::F16    ? -24
                     : dtype == Dt::BF16 ? -133
                     : dtype == Dt::F32  ? -149
                                         : -1074;
  const int exponent = expected == 0 ? lowest : std::max(lowest, std::ilogb(expected) + 1 - digits);
  return static_cast<double>(std::fabs(found - expected) / std::ldexp(1.0L, exponent));
}

bool accepts(const std::string& op, const Signature& s) {
  if (op == "cast") return true;
  if (op == "bitcast")
    return width(s.in[0]) == width(s.out) && s.in[0] != Dt::Bool && s.out != Dt::Bool;
  if (op == "where") return s.in[0] == Dt::Bool && s.in[1] == s.in[2] && s.out == s.in[1];
  const auto row = kRows.find(op);
  if (row == kRows.end()) throw std::runtime_error("the tests do not know the op " + op);
  for (int i = 1; i < s.arity; ++i) {
    if (s.in[i] != s.in[0]) return false;
  }
  return s.arity == row->second.arity && takes(row->second.takes, s.in[0]) &&
         s.out == (row->second.test ? Dt::Bool : s.in[0]);
}

Real meaning(const std::string& op, const Signature& s, const Real* x) {
  if (op == "cast") return cast(s.in[0], s.out, x[0]);
  if (op == "where") return x[0] != 0 ? x[1] : x[2];
  if (op == "bitcast") {
    std::byte data[8] = {};
    write(s.in[0], data, 0, x[0]);
    return read(s.out, data, 0);
  }
  return kRows.at(op).f(s.in[0], x);
}

double tolerance(const std::string& op, Dt dtype) {
  const auto row = kRows.find(op);
  if (!is_float(dtype) || row == kRows.end()) return 0.5001;
  // Halves: the f32 result within its own error, then one rounding; f64: the C library's.
  if (dtype != Dt::F32) return dtype == Dt::F64 ? std::max(row->second.ulp, 2.0) : 0.51;
  return row->second.ulp;
}

std::vector<std::byte> random_data(Dt dtype, size_t n, std::mt19937& random) {
  std::vector<std::byte> out(n * width(dtype));
  std::normal_distribution<double> normal(0, 3);
  for (size_t i = 0; i < n; ++i) {
    Real x = normal(random);
    if (dtype == Dt::Bool) x = random() & 1;
    if (dtype == Dt::U8 || dtype == Dt::U32) x = static_cast<Real>(random() % 100);
    if (integral(dtype)) x = std::trunc(x * 10);
    if ((dtype == Dt::U8 || dtype == Dt::U32) && x < 0) x = -x;
    write(dtype, out.data(), static_cast<int64_t>(i), x);
  }
  return out;
}

}  // namespace vorab::blas::test
