#include "runtime-mlx/native/test/edges.h"

#include <cmath>
#include <limits>

namespace vorab::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::nan("");

}  // namespace

std::vector<double> edge_values(fb::DType dtype) {
  switch (dtype) {
    case fb::DType::Bool: return {0, 1};
    case fb::DType::U8: return {0, 1, 2, 3, 7, 8, 100, 127, 128, 200, 255};
    case fb::DType::I8: return {-128, -127, -100, -8, -3, -1, 0, 1, 2, 7, 8, 100, 127};
    case fb::DType::U32: return {0, 1, 2, 5, 31, 32, 33, 65536, 2147483648.0, 4294967295.0};
    case fb::DType::I32:
      return {-2147483648.0, -65537, -31, -7, -1, 0, 1, 3, 31, 32, 33, 46341, 2147483647.0};
    case fb::DType::I64:
      return {-4503599627370496.0, -4294967297.0, -7, -1, 0, 1, 3, 63, 64, 94906265, 4294967296.0};
    default: break;
  }
  std::vector<double> values = {kNaN, kInf,  -kInf, 0.0,   -0.0, 1,    -1,   0.5, -0.5,
                                1.5,  2.5,   -2.5,  0.1,   -0.1, 2,    3,    -3,  7.3,
                                -7.3, 20,    -20,   60,    -60,  87,   88.5, -90, -100,
                                1000, -1000, 0.9,   -0.97, 1e-4, -1e-4};
  if (dtype == fb::DType::F64) values.insert(values.end(), {300, -300, 1e-9, 1e-300, 3e10});
  if (dtype == fb::DType::F32 || dtype == fb::DType::BF16) {
    values.insert(values.end(), {1e-9, 1e-30, 1e6, -1e6, 3e10, 1e30, 1e-44});
  }
  return values;
}

}  // namespace vorab::test
