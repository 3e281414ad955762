#include "runtime-mlx/native/test/array.h"

#include <mlx/types/half_types.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace vorab::test {
namespace {

// Integers of 64 bits wrap as JavaScript numbers do not; the tests stay below 2^53.
template <class T>
T wrap(double x) {
  return static_cast<T>(static_cast<int64_t>(std::fmod(std::trunc(x), 18446744073709551616.0)));
}

template <class T>
T convert(double x) {
  if constexpr (std::is_same_v<T, bool>)
    return x != 0;
  else if constexpr (std::is_integral_v<T>)
    return wrap<T>(x);
  else if constexpr (std::is_same_v<T, double>)
    return x;
  else
    return T(static_cast<float>(x));
}

template <class F>
auto dispatch(fb::DType dtype, F f) {
  switch (dtype) {
    case fb::DType::Bool: return f(bool{});
    case fb::DType::U8: return f(uint8_t{});
    case fb::DType::I8: return f(int8_t{});
    case fb::DType::U32: return f(uint32_t{});
    case fb::DType::I32: return f(int32_t{});
    case fb::DType::I64: return f(int64_t{});
    case fb::DType::F16: return f(mlx::core::float16_t{});
    case fb::DType::BF16: return f(mlx::core::bfloat16_t{});
    case fb::DType::F32: return f(float{});
    case fb::DType::F64: break;
  }
  return f(double{});
}

template <class T>
double as_double(T x) {
  if constexpr (std::is_arithmetic_v<T>)
    return static_cast<double>(x);
  else
    return static_cast<double>(static_cast<float>(x));
}

// The distance between neighbours at x.
double spacing(fb::DType dtype, double x) {
  const bool wide = dtype == fb::DType::F64;
  const int digits = wide ? 52 : dtype == fb::DType::F16 ? 10 : dtype == fb::DType::BF16 ? 7 : 23;
  const int least = wide ? -1022 : dtype == fb::DType::F16 ? -14 : -126;
  const int exponent = x == 0 ? least : std::max(std::ilogb(x), least);
  return std::ldexp(1.0, exponent - digits);
}

}  // namespace

size_t Array::size() const {
  return static_cast<size_t>(
      std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
}

std::vector<double> Array::values() const {
  std::vector<double> result(size());
  dispatch(dtype, [&](auto tag) {
    using T = decltype(tag);
    for (size_t i = 0; i < result.size(); ++i) {
      T value;
      std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
      result[i] = as_double(value);
    }
  });
  return result;
}

Array zeros(fb::DType dtype, std::vector<int64_t> shape) {
  Array result{dtype, std::move(shape), {}};
  result.bytes.resize(result.size() * static_cast<size_t>(dtype_size(dtype)));
  return result;
}

Array array(fb::DType dtype, std::vector<int64_t> shape, const std::vector<double>& values) {
  Array result = zeros(dtype, std::move(shape));
  dispatch(dtype, [&](auto tag) {
    using T = decltype(tag);
    for (size_t i = 0; i < result.size(); ++i) {
      const T value = convert<T>(values.at(i));
      std::memcpy(result.bytes.data() + i * sizeof(T), &value, sizeof(T));
    }
  });
  return result;
}

double rounded(fb::DType dtype, double x) {
  return dispatch(dtype, [&](auto tag) { return as_double(convert<decltype(tag)>(x)); });
}

bool close(fb::DType dtype, double found, double expected, double ulp) {
  if (std::isnan(found) || std::isnan(expected)) return std::isnan(found) && std::isnan(expected);
  if (found == expected) return true;
  if (!is_float(dtype) || std::isinf(found) || std::isinf(expected)) return false;
  return std::fabs(found - expected) <= ulp * spacing(dtype, expected);
}

}  // namespace vorab::test
