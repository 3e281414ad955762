// Reductions, contractions and indexed ops against loops.
#include <cmath>
#include <limits>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/reference.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::nan("");

Array reduce(const char* name, const Array& x, const Index& axes, const Index& to) {
  return run_op(op(name), {x}, zeros(x.dtype, to), {ints(axes)});
}

Array random(fb::DType dtype, const Index& shape, int seed = 1) {
  uint32_t state = static_cast<uint32_t>(seed) * 2654435761u + 12345;
  return generate(dtype, shape, [&](const Index&) {
    state = state * 1664525u + 1013904223u;
    const double unit = state / 4294967296.0;
    return is_float(dtype) ? unit * 4 - 2 : std::floor(unit * 7);
  });
}

VORAB_TEST(sums_keep_their_dtype) {
  for (const fb::DType dtype : fb::EnumValuesDType()) {
    if (dtype == fb::DType::Bool) continue;
    const Array x = random(dtype, {3, 4, 5});
    const std::vector<double> values = x.values();
    const Array expected = generate(dtype, {4}, [&](const Index& i) {
      double sum = 0;
      for (int64_t a = 0; a < 3; ++a)
        for (int64_t c = 0; c < 5; ++c) sum += at(values, x.shape, {a, i[0], c});
      return sum;
    });
    EXPECT_CLOSE(std::string("sum ") + dtype_name(dtype), reduce("sum", x, {0, 2}, {4}), expected,
                 64);
  }
}

VORAB_TEST(integer_sums_and_products_wrap) {
  const Array x = array(fb::DType::I8, {3}, {100, 100, 100});
  EXPECT_CLOSE("sum", reduce("sum", x, {0}, {}), array(fb::DType::I8, {}, {44}), 0);
  const Array y = array(fb::DType::U8, {3}, {7, 9, 11});
  EXPECT_CLOSE("prod", reduce("prod", y, {0}, {}), array(fb::DType::U8, {}, {693 - 512}), 0);
}

VORAB_TEST(halves_are_summed_in_f32) {
  for (const fb::DType dtype : {fb::DType::F16, fb::DType::BF16}) {
    const Array x = generate(dtype, {1000}, [](const Index&) { return 1.0; });
    EXPECT_CLOSE(dtype_name(dtype), reduce("sum", x, {0}, {}), array(dtype, {}, {1000}), 0);
  }
}

VORAB_TEST(reductions_of_nothing_give_the_identity) {
  const Array none = f32({2, 0}, {});
  EXPECT_CLOSE("sum", reduce("sum", none, {1}, {2}), f32({2}, {0, 0}), 0);
  EXPECT_CLOSE("prod", reduce("prod", none, {1}, {2}), f32({2}, {1, 1}), 0);
  EXPECT_CLOSE("max", reduce("max", none, {1}, {2}), f32({2}, {-kInf, -kInf}), 0);
  EXPECT_CLOSE("min", reduce("min", none, {1}, {2}), f32({2}, {kInf, kInf}), 0);
  EXPECT_CLOSE("kept", reduce("max", none, {0}, {0}), f32({0}, {}), 0);
  const Array ints_none = zeros(fb::DType::I8, {0});
  EXPECT_CLOSE("i8 max", reduce("max", ints_none, {0}, {}), array(fb::DType::I8, {}, {-128}), 0);
  EXPECT_CLOSE("i8 min", reduce("min", ints_none, {0}, {}), array(fb::DType::I8, {}, {127}), 0);
  const Array wide = zeros(fb::DType::U32, {0});
  EXPECT_CLOSE("u32 min", reduce("min", wide, {0}, {}), array(fb::DType::U32, {}, {4294967295.0}),
               0);
  const Array flags = zeros(fb::DType::Bool, {0});
  EXPECT_CLOSE("any", reduce("any", flags, {0}, {}), array(fb::DType::Bool, {}, {0}), 0);
  EXPECT_CLOSE("all", reduce("all", flags, {0}, {}), array(fb::DType::Bool, {}, {1}), 0);
}

VORAB_TEST(extremes_propagate_nan) {
  for (const fb::DType dtype : {fb::DType::F16, fb::DType::BF16, fb::DType::F32, fb::DType::F64}) {
    const Array x = array(dtype, {3, 3}, {1, kNaN, 3, kNaN, 2, 1, 5, -kInf, kInf});
    EXPECT_CLOSE("max", reduce("max", x, {1}, {3}), array(dtype, {3}, {kNaN, kNaN, kInf}), 0);
    EXPECT_CLOSE("min", reduce("min", x, {1}, {3}), array(dtype, {3}, {kNaN, kNaN, -kInf}), 0);
    EXPECT_CLOSE("max 0", reduce("max", x, {0}, {3}), array(dtype, {3}, {kNaN, kNaN, kInf}), 0);
  }
}

VORAB_TEST(any_and_all) {
  const Array x = array(fb::DType::Bool, {2, 3}, {0, 1, 0, 1, 1, 1});
  EXPECT_CLOSE("any", reduce("any", x, {0}, {3}), array(fb::DType::Bool, {3}, {1, 1, 1}), 0);
  EXPECT_CLOSE("all", reduce("all", x, {1}, {2}), array(fb::DType::Bool, {2}, {0, 1}), 0);
}

VORAB_TEST(arg_extremes_take_the_first) {
  const Array x = f32({3, 4}, {1, 3, 3, 2, 0, kNaN, 9, kNaN, -kInf, -kInf, -kInf, -kInf});
  const Array most = run_op(op("argMax"), {x}, zeros(fb::DType::I32, {3}), {integer(1)});
  EXPECT_CLOSE("argMax", most, i32({3}, {1, 1, 0}), 0);
  const Array least = run_op(op("argMin"), {x}, zeros(fb::DType::I32, {3}), {integer(1)});
  EXPECT_CLOSE("argMin", least, i32({3}, {0, 1, 0}), 0);
  const Array none = run_op(op("argMax"), {f32({2, 0}, {})}, i32({2}, {7, 7}), {integer(1)});
  EXPECT_CLOSE("of nothing", none, i32({2}, {0, 0}), 0);
  const Array down = run_op(op("argMax"), {random(fb::DType::U8, {5, 2})},
                            zeros(fb::DType::I32, {2}), {integer(0)});
  CHECK_EQUAL(down.size(), 2u);
}

Array matmul_reference(const Array& a, const Array& b) {
  const size_t rank = a.shape.size();
  Index to = a.shape;
  to[rank - 1] = b.shape[rank - 1];
  const auto x = a.values();
  const auto y = b.values();
  return generate(a.dtype, to, [&](const Index& i) {
    double sum = 0;
    Index left = i;
    Index right = i;
    for (int64_t k = 0; k < a.shape[rank - 1]; ++k) {
      left[rank - 1] = k;
      right[rank - 2] = k;
      sum += at(x, a.shape, left) * at(y, b.shape, right);
    }
    return sum;
  });
}

VORAB_TEST(matmul_of_every_dtype_and_shape) {
  const std::pair<Index, Index> shapes[] = {
      {{3, 4}, {4, 5}}, {{2, 3, 4}, {2, 4, 5}}, {{2, 1, 3}, {2, 3, 1}}, {{0, 3}, {3, 2}},
      {{3, 0}, {0, 2}}, {{3, 2}, {2, 0}},       {{0, 2, 3}, {0, 3, 2}}, {{2, 0, 3}, {2, 3, 2}}};
  for (const fb::DType dtype : fb::EnumValuesDType()) {
    if (dtype == fb::DType::Bool) continue;
    for (const auto& [left, right] : shapes) {
      const Array a = random(dtype, left, 1);
      const Array b = random(dtype, right, 2);
      const Array expected = matmul_reference(a, b);
      EXPECT_CLOSE(std::string("matmul ") + dtype_name(dtype),
                   run_op(op("matmul"), {a, b}, zeros(dtype, expected.shape)), expected, 64);
    }
  }
}

VORAB_TEST(gather_clamps) {
  for (const fb::DType index : {fb::DType::I32, fb::DType::I64, fb::DType::I8}) {
    const Array x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
    const Array indices = array(index, {2, 2}, {-5, 2, 100, 1});
    const Array columns =
        run_op(op("gather"), {x, indices}, zeros(x.dtype, {2, 2, 2}), {integer(1)});
    EXPECT_CLOSE("axis 1", columns, f32({2, 2, 2}, {1, 3, 3, 2, 4, 6, 6, 5}), 0);
    const Array rows = run_op(op("gather"), {x, indices}, zeros(x.dtype, {2, 2, 3}), {integer(0)});
    EXPECT_CLOSE("axis 0", rows, f32({2, 2, 3}, {1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6}), 0);
  }
  const Array x = f32({3}, {1, 2, 3});
  const Array far = array(fb::DType::U32, {2}, {4294967295.0, 0});
  EXPECT_CLOSE("u32", run_op(op("gather"), {x, far}, zeros(x.dtype, {2}), {integer(0)}),
               f32({2}, {3, 1}), 0);
  const Array farther = array(fb::DType::I64, {2}, {4294967296.0, -4294967296.0});
  EXPECT_CLOSE("i64", run_op(op("gather"), {x, farther}, zeros(x.dtype, {2}), {integer(0)}),
               f32({2}, {3, 1}), 0);
  EXPECT_CLOSE("one", run_op(op("gather"), {x, i32({}, {1})}, zeros(x.dtype, {}), {integer(0)}),
               f32({}, {2}), 0);
  EXPECT_CLOSE("none", run_op(op("gather"), {x, i32({0}, {})}, zeros(x.dtype, {0}), {integer(0)}),
               f32({0}, {}), 0);
  const Array many = zeros(fb::DType::U8, {300});
  CHECK_EQUAL(run_op(op("gather"), {many, array(fb::DType::U8, {1}, {255})}, zeros(many.dtype, {1}),
                     {integer(0)})
                  .size(),
              1u);
}

VORAB_TEST(scatter_add_drops_what_lies_outside_and_sums_duplicates) {
  const Array x = f32({3, 2}, {1, 2, 3, 4, 5, 6});
  const Array indices = i32({4}, {0, 2, 2, 3});
  const Array updates = f32({4, 2}, {10, 20, 1, 1, 2, 2, kNaN, kInf});
  EXPECT_CLOSE("axis 0", run_op(op("scatterAdd"), {x, indices, updates}, x, {integer(0)}),
               f32({3, 2}, {11, 22, 3, 4, 8, 9}), 0);
  const Array sideways = f32({3, 4}, {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3});
  EXPECT_CLOSE("axis 1",
               run_op(op("scatterAdd"), {x, i32({4}, {-1, 0, 1, 1}), sideways}, x, {integer(1)}),
               f32({3, 2}, {2, 4, 5, 8, 8, 12}), 0);
  EXPECT_CLOSE("scalar index",
               run_op(op("scatterAdd"), {x, i32({}, {1}), f32({2}, {7, 8})}, x, {integer(0)}),
               f32({3, 2}, {1, 2, 10, 12, 5, 6}), 0);
  EXPECT_CLOSE("nothing",
               run_op(op("scatterAdd"), {x, i32({0}, {}), f32({0, 2}, {})}, x, {integer(0)}), x, 0);
}

VORAB_TEST(scatter_add_in_every_dtype) {
  for (const fb::DType dtype : fb::EnumValuesDType()) {
    if (dtype == fb::DType::Bool) continue;
    const Array x = array(dtype, {2}, {1, 2});
    const Array updates = array(dtype, {3}, {1, 2, 3});
    EXPECT_CLOSE(dtype_name(dtype),
                 run_op(op("scatterAdd"), {x, i32({3}, {1, 1, 0}), updates}, x, {integer(0)}),
                 array(dtype, {2}, {4, 5}), 0);
  }
}

}  // namespace
}  // namespace vorab::test
