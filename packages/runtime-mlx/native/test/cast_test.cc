// Casts between all dtypes, and bitcasts.
#include <cmath>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/edges.h"
#include "runtime-mlx/native/test/reference.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

Array edges(fb::DType dtype) {
  const std::vector<double> values = edge_values(dtype);
  return array(dtype, {static_cast<int64_t>(values.size())}, values);
}

double cast_reference(fb::DType to, double x) {
  if (!is_integer(to)) return x;
  if (std::isnan(x)) return 0;
  const int bits = 8 * static_cast<int>(dtype_size(to));
  const bool has_sign = to != fb::DType::U8 && to != fb::DType::U32;
  const double top = std::ldexp(1, has_sign ? bits - 1 : bits);
  // 2^63 - 1 is no double; stored through int64_t it must not overflow.
  if (x >= top) return bits == 64 ? std::nextafter(top, 0) : top - 1;
  return std::max(std::trunc(x), has_sign ? -top : 0);
}

VORAB_TEST(casts_between_all_dtypes) {
  for (const fb::DType from : fb::EnumValuesDType()) {
    for (const fb::DType to : fb::EnumValuesDType()) {
      if (from == to) continue;
      const Array x = edges(from);
      const auto xs = x.values();
      const bool saturates = is_float(from);
      const Array expected = generate(to, x.shape, [&](const Index& i) {
        const double value = xs[static_cast<size_t>(i[0])];
        return saturates ? cast_reference(to, value) : value;
      });
      Array found = run_op(op("cast"), {x}, zeros(to, x.shape), {dtype(to)});
      const auto name = std::string("cast ") + dtype_name(from) + " to " + dtype_name(to);
      if (saturates && to == fb::DType::I64) {
        // Compare as doubles: 2^63 - 1 rounds to 2^63.
        const auto values = found.values();
        for (size_t i = 0; i < values.size(); ++i) {
          const double clipped = std::min(values[i], std::nextafter(std::ldexp(1, 63), 0));
          CHECK_EQUAL(clipped, cast_reference(to, xs[i]));
        }
        continue;
      }
      EXPECT_CLOSE(name, found, expected, 0);
    }
  }
}

VORAB_TEST(bitcasts_keep_bits) {
  const Array x = f32({3}, {1, -2, 0});
  const Array bits =
      run_op(op("bitcast"), {x}, zeros(fb::DType::U32, {3}), {dtype(fb::DType::U32)});
  EXPECT_CLOSE("to u32", bits, array(fb::DType::U32, {3}, {0x3f800000, 3221225472.0, 0}), 0);
  EXPECT_CLOSE("back",
               run_op(op("bitcast"), {bits}, zeros(fb::DType::F32, {3}), {dtype(fb::DType::F32)}),
               x, 0);
}

}  // namespace
}  // namespace vorab::test
