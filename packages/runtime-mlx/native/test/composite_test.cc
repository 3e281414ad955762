// Composites that stay whole against their decompositions in doubles.
#include <cmath>
#include <limits>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/reference.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::nan("");
constexpr fb::DType kFloats[] = {fb::DType::F16, fb::DType::BF16, fb::DType::F32, fb::DType::F64};

Array sample(fb::DType dtype, const Index& shape) {
  return generate(dtype, shape, [&](const Index& i) {
    return std::sin(static_cast<double>(ravel(i, shape)) * 1.7) * 9;
  });
}

// x - max is rounded before exp, as in the decomposition: its error grows with the distance.
VORAB_TEST(softmax_along_any_axis) {
  for (const fb::DType dtype : kFloats) {
    const Array x = sample(dtype, {3, 4, 2});
    const auto values = x.values();
    for (const int64_t axis : {0, 1, 2}) {
      const auto a = static_cast<size_t>(axis);
      const Array expected = generate(dtype, x.shape, [&](const Index& i) {
        double total = 0;
        Index other = i;
        for (other[a] = 0; other[a] < x.shape[a]; ++other[a])
          total += std::exp(at(values, x.shape, other));
        return std::exp(at(values, x.shape, i)) / total;
      });
      EXPECT_CLOSE(dtype_name(dtype), run_op(op("softmax"), {x}, x, {integer(axis)}), expected, 16);
    }
  }
  const Array large = f32({2, 2}, {1000, 1000, -1000, 0});
  EXPECT_CLOSE("large", run_op(op("softmax"), {large}, large, {integer(1)}),
               f32({2, 2}, {0.5, 0.5, 0, 1}), 0);
  const Array none = zeros(fb::DType::F32, {2, 0});
  CHECK_EQUAL(run_op(op("softmax"), {none}, none, {integer(1)}).size(), 0u);
}

VORAB_TEST(log_sum_exp_of_edges) {
  const Array x = f32({6, 2}, {1, 2, -kInf, -kInf, kInf, 0, kNaN, 1, 1000, 1000, -90, -91});
  const Array expected = f32({6}, {std::log(std::exp(1) + std::exp(2)), -kInf, kInf, kNaN,
                                   1000 + std::log(2), -90 + std::log1p(std::exp(-1))});
  EXPECT_CLOSE("last", run_op(op("logSumExp"), {x}, zeros(x.dtype, {6}), {ints({1})}), expected, 4);
  EXPECT_CLOSE("no axes", run_op(op("logSumExp"), {x}, x, {ints({})}), x, 0);
  const Array none = zeros(fb::DType::F32, {2, 0});
  EXPECT_CLOSE("nothing", run_op(op("logSumExp"), {none}, zeros(x.dtype, {2}), {ints({1})}),
               f32({2}, {-kInf, -kInf}), 0);
  for (const fb::DType dtype : kFloats) {
    const Array wide = sample(dtype, {3, 2, 4});
    const auto values = wide.values();
    const Array sums = generate(dtype, {2}, [&](const Index& i) {
      double total = 0;
      for (int64_t a = 0; a < 3; ++a)
        for (int64_t c = 0; c < 4; ++c) total += std::exp(at(values, wide.shape, {a, i[0], c}));
      return std::log(total);
    });
    EXPECT_CLOSE(dtype_name(dtype),
                 run_op(op("logSumExp"), {wide}, zeros(dtype, {2}), {ints({0, 2})}), sums, 4);
  }
}

VORAB_TEST(layer_norm_over_the_last_axes) {
  for (const fb::DType dtype : kFloats) {
    for (const Index& weight_shape : {Index{4}, Index{3, 4}}) {
      const Array x = sample(dtype, {2, 3, 4});
      const Array weight = generate(
          dtype, weight_shape, [](const Index& i) { return 0.5 + static_cast<double>(i.back()); });
      const Array bias = generate(
          dtype, weight_shape, [](const Index& i) { return 1.0 - static_cast<double>(i.back()); });
      const auto xs = x.values();
      const size_t count = weight.size();
      const Array expected = generate(dtype, x.shape, [&](const Index& i) {
        const size_t place = ravel(i, x.shape);
        const size_t start = place / count * count;
        double mean = 0;
        double variance = 0;
        for (size_t k = 0; k < count; ++k) mean += xs[start + k] / static_cast<double>(count);
        for (size_t k = 0; k < count; ++k)
          variance += std::pow(xs[start + k] - mean, 2) / static_cast<double>(count);
        const size_t inner = place % count;
        return (xs[place] - mean) / std::sqrt(variance + 1e-5) * weight.values()[inner] +
               bias.values()[inner];
      });
      EXPECT_CLOSE(dtype_name(dtype), run_op(op("layerNorm"), {x, weight, bias}, x, {number(1e-5)}),
                   expected, 16);
    }
  }
}

VORAB_TEST(rms_norm_over_the_last_axes) {
  for (const fb::DType dtype : kFloats) {
    for (const Index& weight_shape : {Index{4}, Index{3, 4}}) {
      const Array x = sample(dtype, {2, 3, 4});
      const Array weight = generate(
          dtype, weight_shape, [](const Index& i) { return 0.5 + static_cast<double>(i.back()); });
      const auto xs = x.values();
      const size_t count = weight.size();
      const Array expected = generate(dtype, x.shape, [&](const Index& i) {
        const size_t place = ravel(i, x.shape);
        const size_t start = place / count * count;
        double square = 0;
        for (size_t k = 0; k < count; ++k)
          square += std::pow(xs[start + k], 2) / static_cast<double>(count);
        return xs[place] / std::sqrt(square + 1e-5) * weight.values()[place % count];
      });
      EXPECT_CLOSE(dtype_name(dtype), run_op(op("rmsNorm"), {x, weight}, x, {number(1e-5)}),
                   expected, 16);
    }
  }
}

// Two heads of q share one of k. Causal with fewer keys than queries: aligned with the first key.
VORAB_TEST(attention_of_shared_heads_and_masks) {
  const Array q = sample(fb::DType::F32, {1, 2, 3, 2});
  const Array k = sample(fb::DType::F32, {1, 1, 2, 2});
  const Array v = f32({1, 1, 2, 2}, {1, -2, 3, 5});
  const auto qs = q.values();
  const auto ks = k.values();
  const auto vs = v.values();
  const auto expected = [&](auto sees) {
    return generate(fb::DType::F32, {1, 2, 3, 2}, [&](const Index& i) {
      double total = 0;
      double sum = 0;
      for (int64_t s = 0; s < 2; ++s) {
        if (!sees(i[2], s)) continue;
        double score = 0;
        for (int64_t d = 0; d < 2; ++d)
          score += at(qs, q.shape, {0, i[1], i[2], d}) * at(ks, k.shape, {0, 0, s, d});
        const double weight = std::exp(score * 0.1);
        total += weight;
        sum += weight * at(vs, v.shape, {0, 0, s, i[3]});
      }
      return total == 0 ? kNaN : sum / total;
    });
  };
  const auto attention = op("scaledDotProductAttention");
  EXPECT_CLOSE("plain", run_op(attention, {q, k, v}, q, {number(0.1), flag(false)}),
               expected([](int64_t, int64_t) { return true; }), 64);
  EXPECT_CLOSE("causal", run_op(attention, {q, k, v}, q, {number(0.1), flag(true)}),
               expected([](int64_t l, int64_t s) { return s <= l; }), 64);
  const Array mask = array(fb::DType::Bool, {1, 1, 3, 2}, {1, 0, 0, 0, 1, 1});
  EXPECT_CLOSE("mask", run_op(attention, {q, k, v, mask}, q, {number(0.1), flag(false)}),
               expected([](int64_t l, int64_t s) { return l == 2 || (l == 0 && s == 0); }), 64);
}

// Known answers of the paper's reference implementation (Random123).
VORAB_TEST(threefry_known_answers) {
  const auto u32 = fb::DType::U32;
  ProgramBuilder program;
  const uint32_t type = program.type(u32, {3});
  EntryBuilder entry = program.entry("run");
  std::vector<uint32_t> operands;
  for (int i = 0; i < 4; ++i) operands.push_back(entry.input(type));
  const uint32_t a = entry.value(type, fb::Storage::Device, 0);
  const uint32_t b = entry.value(type, fb::Storage::Device, 0);
  entry.step(op("threefry2x32"), operands, {a, b});
  entry.output(a);
  entry.output(b);
  const Built built = program.finish();
  Session session(built);
  const double ones = 0xffffffff;
  const auto results =
      session.run(0,
                  {array(u32, {3}, {0, ones, 0x13198a2e}), array(u32, {3}, {0, ones, 0x03707344}),
                   array(u32, {3}, {0, ones, 0x243f6a88}), array(u32, {3}, {0, ones, 0x85a308d3})},
                  {zeros(u32, {3}), zeros(u32, {3})});
  EXPECT_CLOSE("a", results[0], array(u32, {3}, {0x6b200159, 0x1cb996fc, 0xc4923a9c}), 0);
  EXPECT_CLOSE("b", results[1], array(u32, {3}, {0x99ba4efe, 0xbb002be7, 0x483df7a0}), 0);
}

}  // namespace
}  // namespace vorab::test
