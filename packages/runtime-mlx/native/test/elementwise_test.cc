// Every elementwise op over edge values and over every dtype that it takes, against one scalar
// reference per op in doubles (integers: in 64 bits), rounded or wrapped to the result's dtype.
#include <cmath>
#include <limits>
#include <map>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/edges.h"
#include "runtime-mlx/native/test/reference.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::nan("");

enum class Takes { Float, Number, Integer, Bool, Any };

struct Scalar {
  const char* op;
  int operands;
  Takes takes;
  double (*meaning)(double x, double y);
  bool to_bool = false;
  double ulp = 4;
};

double floor_mod(double x, double y) {
  const double r = std::fmod(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

double propagate(double x, double y, double other) {
  return std::isnan(x) || std::isnan(y) ? kNaN : other;
}

double integer_power(double x, double y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (std::fmod(y, 2) == 0 ? 1 : -1) : 0;
  int64_t result = 1;
  for (int64_t n = static_cast<int64_t>(y); n > 0; --n) {
    result = static_cast<int64_t>(static_cast<uint64_t>(result) *
                                  static_cast<uint64_t>(static_cast<int64_t>(x)));
  }
  return static_cast<double>(static_cast<int32_t>(result));
}

double erf_inv(double y) {
  if (!(std::fabs(y) < 1)) return std::fabs(y) == 1 ? y * kInf : kNaN;
  double low = 0;
  double high = 6;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle) < std::fabs(y) ? low : high) = middle;
  }
  return y == 0 ? 0 : std::copysign(low, y);
}

#define FUNCTION(expression) \
  [](double x, [[maybe_unused]] double y) -> double { return expression; }

const Scalar kFloatOps[] = {
    {"add", 2, Takes::Number, FUNCTION(x + y)},
    {"sub", 2, Takes::Number, FUNCTION(x - y)},
    {"mul", 2, Takes::Float, FUNCTION(x * y)},
    {"div", 2, Takes::Float, FUNCTION(x / y)},
    {"mod", 2, Takes::Float, FUNCTION(floor_mod(x, y))},
    {"pow", 2, Takes::Float, FUNCTION(std::pow(x, y))},
    {"neg", 1, Takes::Number, FUNCTION(-x)},
    {"abs", 1, Takes::Number, FUNCTION(std::fabs(x))},
    {"sign", 1, Takes::Number, FUNCTION(std::isnan(x) ? x : double((x > 0) - (x < 0)))},
    {"maximum", 2, Takes::Number, FUNCTION(propagate(x, y, std::fmax(x, y)))},
    {"minimum", 2, Takes::Number, FUNCTION(propagate(x, y, std::fmin(x, y)))},
    {"floor", 1, Takes::Float, FUNCTION(std::floor(x))},
    {"ceil", 1, Takes::Float, FUNCTION(std::ceil(x))},
    {"round", 1, Takes::Float, FUNCTION(std::nearbyint(x))},
    {"exp", 1, Takes::Float, FUNCTION(std::exp(x))},
    {"exp2", 1, Takes::Float, FUNCTION(std::exp2(x))},
    {"expm1", 1, Takes::Float, FUNCTION(std::expm1(x))},
    {"log", 1, Takes::Float, FUNCTION(std::log(x))},
    {"log2", 1, Takes::Float, FUNCTION(std::log2(x))},
    {"log1p", 1, Takes::Float, FUNCTION(std::log1p(x))},
    {"sqrt", 1, Takes::Float, FUNCTION(std::sqrt(x))},
    {"rsqrt", 1, Takes::Float, FUNCTION(1 / std::sqrt(x))},
    {"sigmoid", 1, Takes::Float, FUNCTION(1 / (1 + std::exp(-x)))},
    {"erf", 1, Takes::Float, FUNCTION(std::erf(x))},
    {"sin", 1, Takes::Float, FUNCTION(std::sin(x))},
    {"cos", 1, Takes::Float, FUNCTION(std::cos(x))},
    {"tan", 1, Takes::Float, FUNCTION(std::tan(x))},
    {"asin", 1, Takes::Float, FUNCTION(std::asin(x))},
    {"acos", 1, Takes::Float, FUNCTION(std::acos(x))},
    {"atan", 1, Takes::Float, FUNCTION(std::atan(x))},
    {"atan2", 2, Takes::Float, FUNCTION(std::atan2(x, y))},
    {"sinh", 1, Takes::Float, FUNCTION(std::sinh(x))},
    {"cosh", 1, Takes::Float, FUNCTION(std::cosh(x))},
    {"tanh", 1, Takes::Float, FUNCTION(std::tanh(x))},
    {"asinh", 1, Takes::Float, FUNCTION(std::asinh(x))},
    {"acosh", 1, Takes::Float, FUNCTION(std::acosh(x))},
    {"atanh", 1, Takes::Float, FUNCTION(std::atanh(x))},
    {"equal", 2, Takes::Any, FUNCTION(x == y), true},
    {"notEqual", 2, Takes::Any, FUNCTION(x != y), true},
    {"less", 2, Takes::Any, FUNCTION(x < y), true},
    {"lessEqual", 2, Takes::Any, FUNCTION(x <= y), true},
    {"greater", 2, Takes::Any, FUNCTION(x > y), true},
    {"greaterEqual", 2, Takes::Any, FUNCTION(x >= y), true},
    {"isNaN", 1, Takes::Float, FUNCTION(std::isnan(x)), true},
    {"isFinite", 1, Takes::Float, FUNCTION(std::isfinite(x)), true},
};

// Products of up to 32 bits: only their low bits are sure to fit a double.
const Scalar kIntegerOps[] = {
    {"mul", 2, Takes::Integer, FUNCTION(double(uint32_t(int64_t(x)) * uint32_t(int64_t(y))))},
    {"div", 2, Takes::Integer, FUNCTION(y == 0 ? 0 : std::trunc(x / y))},
    {"mod", 2, Takes::Integer, FUNCTION(y == 0 ? 0 : floor_mod(x, y))},
    {"logicalAnd", 2, Takes::Bool, FUNCTION(x != 0 && y != 0)},
    {"logicalOr", 2, Takes::Bool, FUNCTION(x != 0 || y != 0)},
    {"logicalXor", 2, Takes::Bool, FUNCTION(x != y)},
    {"logicalNot", 1, Takes::Bool, FUNCTION(x == 0)},
    {"bitwiseAnd", 2, Takes::Integer, FUNCTION(double(int64_t(x) & int64_t(y)))},
    {"bitwiseOr", 2, Takes::Integer, FUNCTION(double(int64_t(x) | int64_t(y)))},
    {"bitwiseXor", 2, Takes::Integer, FUNCTION(double(int64_t(x) ^ int64_t(y)))},
    {"bitwiseNot", 1, Takes::Integer, FUNCTION(double(~int64_t(x)))},
};

bool takes(Takes what, fb::DType dtype) {
  switch (what) {
    case Takes::Float: return is_float(dtype);
    case Takes::Integer: return is_integer(dtype);
    case Takes::Number: return is_float(dtype) || is_integer(dtype);
    case Takes::Bool: return dtype == fb::DType::Bool;
    case Takes::Any: break;
  }
  return true;
}

// All pairs of edge values, as stored.
struct Operands {
  Array x, y;
};

Operands operands(fb::DType dtype, int count) {
  const std::vector<double> edges = edge_values(dtype);
  std::vector<double> x;
  std::vector<double> y;
  for (const double a : edges) {
    for (const double b : edges) {
      x.push_back(a);
      y.push_back(b);
      if (count == 1) break;
    }
  }
  const auto n = static_cast<int64_t>(x.size());
  return {array(dtype, {n}, x), array(dtype, {n}, y)};
}

void check_op(const Scalar& row, fb::DType dtype) {
  const auto [x, y] = operands(dtype, row.operands);
  const std::vector<double> xs = x.values();
  const std::vector<double> ys = y.values();
  const fb::DType result = row.to_bool ? fb::DType::Bool : dtype;
  const Array expected = generate(result, x.shape, [&](const Index& i) {
    const auto at = static_cast<size_t>(i[0]);
    return row.meaning(xs[at], ys[at]);
  });
  const std::vector<Array> inputs = row.operands == 1 ? std::vector{x} : std::vector{x, y};
  const Array found = run_op(op(row.op), inputs, zeros(result, x.shape));
  const std::vector<double> a = found.values();
  const std::vector<double> b = expected.values();
  for (size_t i = 0; i < a.size(); ++i) {
    if (close(result, a[i], b[i], row.ulp)) continue;
    std::ostringstream text;
    text << row.op << ' ' << dtype_name(dtype) << " of " << xs[i] << ", " << ys[i] << ": "
         << both(a[i], b[i]);
    fail(__FILE__, __LINE__, text.str());
  }
}

VORAB_TEST(elementwise_over_edge_values) {
  for (const Scalar& row : kFloatOps) {
    for (const fb::DType dtype : fb::EnumValuesDType()) {
      if (takes(row.takes, dtype)) check_op(row, dtype);
    }
  }
}

VORAB_TEST(integers_and_bools_over_edge_values) {
  for (const Scalar& row : kIntegerOps) {
    for (const fb::DType dtype : fb::EnumValuesDType()) {
      const bool too_wide = dtype == fb::DType::I64 && std::string(row.op) == "mul";
      if (takes(row.takes, dtype) && !too_wide) check_op(row, dtype);
    }
  }
}

VORAB_TEST(shifts_by_any_amount) {
  for (const fb::DType dtype : {fb::DType::U8, fb::DType::I8, fb::DType::U32, fb::DType::I32}) {
    const auto width = static_cast<double>(8 * dtype_size(dtype));
    const auto [x, y] = operands(dtype, 2);
    const auto xs = x.values();
    const auto ys = y.values();
    const auto each = [&](double (*meaning)(double, double, bool)) {
      return generate(dtype, x.shape, [&](const Index& i) {
        const auto at = static_cast<size_t>(i[0]);
        return meaning(xs[at], ys[at], ys[at] >= 0 && ys[at] < width);
      });
    };
    EXPECT_CLOSE("shiftLeft", run_op(op("shiftLeft"), {x, y}, zeros(dtype, x.shape)),
                 each([](double a, double b, bool in) { return in ? a * std::exp2(b) : 0; }), 0);
    EXPECT_CLOSE("shiftRight", run_op(op("shiftRight"), {x, y}, zeros(dtype, x.shape)),
                 each([](double a, double b, bool in) {
                   return in ? std::floor(a / std::exp2(b)) : a < 0 ? -1.0 : 0.0;
                 }),
                 0);
  }
}

VORAB_TEST(integer_powers_wrap) {
  const Array x = i32({8}, {3, -3, 2, 1, -1, -1, 0, 7});
  const Array y = i32({8}, {20, 21, -1, -5, -3, -2, 0, 40});
  const auto xs = x.values();
  const auto ys = y.values();
  const Array expected = generate(fb::DType::I32, {8}, [&](const Index& i) {
    return integer_power(xs[static_cast<size_t>(i[0])], ys[static_cast<size_t>(i[0])]);
  });
  EXPECT_CLOSE("pow", run_op(op("pow"), {x, y}, zeros(fb::DType::I32, {8})), expected, 0);
}

VORAB_TEST(inverse_error_function) {
  for (const fb::DType dtype : {fb::DType::F32, fb::DType::F64, fb::DType::F16}) {
    const Array x = array(dtype, {11}, {0, 0.5, -0.5, 0.95, -0.95, 0.999, 1e-3, 1, -1, 1.5, kNaN});
    const auto xs = x.values();
    const Array expected = generate(
        dtype, {11}, [&](const Index& i) { return erf_inv(xs[static_cast<size_t>(i[0])]); });
    const double ulp = dtype == fb::DType::F64 ? 64 : 4;
    EXPECT_CLOSE("erfInv", run_op(op("erfInv"), {x}, zeros(dtype, {11})), expected, ulp);
  }
}

VORAB_TEST(where_selects) {
  for (const fb::DType dtype : fb::EnumValuesDType()) {
    const Array condition = array(fb::DType::Bool, {2}, {1, 0});
    const Array x = array(dtype, {2}, {1, 1});
    const Array y = array(dtype, {2}, {0, 0});
    EXPECT_CLOSE("where", run_op(op("where"), {condition, x, y}, zeros(dtype, {2})),
                 array(dtype, {2}, {1, 0}), 0);
  }
}

VORAB_TEST(layouts_do_not_matter) {
  ProgramBuilder program;
  const uint32_t type = program.type(fb::DType::F32, {3, 2});
  const uint32_t turned = program.type(fb::DType::F32, {2, 3});
  EntryBuilder entry = program.entry("run");
  const uint32_t x = entry.input(type);
  const uint32_t t = entry.apply(op("transpose"), {x}, turned, {ints({1, 0})});
  const uint32_t strided = program.type(fb::DType::F32, {2, 2});
  const uint32_t s = entry.apply(op("slice"), {t}, strided,
                                 {shape({program.expr(0), program.expr(0)}),
                                  shape({program.expr(2), program.expr(3)}), ints({1, 2})});
  entry.output(entry.apply(op("exp"), {s}, strided));
  const Built built = program.finish();
  Session session(built);
  const Array found =
      session.run(0, {f32({3, 2}, {0, 1, 2, 3, 4, 5})}, {zeros(fb::DType::F32, {2, 2})}).front();
  EXPECT_CLOSE("exp", found,
               f32({2, 2}, {std::exp(0.0), std::exp(4.0), std::exp(1.0), std::exp(5.0)}), 1);
}

VORAB_TEST(elementwise_of_nothing_and_of_a_scalar) {
  for (const char* name : {"exp", "sigmoid", "add", "mod"}) {
    const bool unary = std::string(name) == "exp" || std::string(name) == "sigmoid";
    for (const Index& extents : {Index{0, 3}, Index{}}) {
      const Array x = zeros(fb::DType::F32, extents);
      const std::vector<Array> inputs = unary ? std::vector{x} : std::vector{x, x};
      CHECK_EQUAL(run_op(op(name), inputs, x).size(), x.size());
    }
  }
}

}  // namespace
}  // namespace vorab::test
