// Convolutions and their kernels' gradients against plain loops over outputs and taps.
#include <cmath>

#include "../conv/conv_step.h"
#include "../conv/kernel_gradient_step.h"
#include "check.h"
#include "program.h"
#include "tape.h"

namespace vorab::blas::test {
namespace {

// Any geometry in which at least one window fits.
ConvAxis random_axis(std::mt19937& random, int64_t most) {
  ConvAxis a;
  a.window = pick(random, 1, 4), a.stride = pick(random, 1, 3);
  a.in_dilation = pick(random, 1, 3), a.dilation = pick(random, 1, 3);
  a.in = pick(random, 1, most);
  const int64_t spread = (a.in - 1) * a.in_dilation + 1;
  a.low = pick(random, -std::min<int64_t>(2, spread - 1), 5);
  const int64_t reach = a.dilation * (a.window - 1) + 1;
  const int64_t high = std::max(pick(random, -1, 4), reach - spread - a.low);
  a.out = (spread + a.low + high - reach) / a.stride + 1;
  return a;
}

ConvShape random_shape(std::mt19937& random) {
  ConvShape s;
  s.batch = pick(random, 0, 3);
  if (s.batch == 0) s.batch = pick(random, 0, 1);
  s.groups = pick(random, 0, 2) == 0 ? pick(random, 2, 5) : 1;
  s.channels = pick(random, 0, 2) == 0 ? 1 : pick(random, 1, 9);
  s.features = pick(random, 0, 2) == 0 ? 1 : pick(random, 1, 40);
  const int64_t axes = pick(random, 1, 3);
  for (int64_t i = kSpatial - axes; i < kSpatial; ++i) s.axis[i] = random_axis(random, 9);
  return s;
}

// body(output row, place of x, tap) for every pair that meets.
template <class Body>
void each_meeting(const ConvShape& s, const Body& body) {
  const auto* a = s.axis;
  const auto place = [](const ConvAxis& axis, int64_t o, int64_t k) -> int64_t {
    const int64_t p = o * axis.stride + k * axis.dilation - axis.low;
    return p < 0 || p % axis.in_dilation != 0 || p / axis.in_dilation >= axis.in
               ? -1
               : p / axis.in_dilation;
  };
  for (int64_t row = 0; row < s.batch * s.places_out(); ++row) {
    const int64_t o2 = row % a[2].out, o1 = row / a[2].out % a[1].out,
                  o0 = row / a[2].out / a[1].out % a[0].out, n = row / s.places_out();
    for (int64_t tap = 0; tap < s.window(); ++tap) {
      const int64_t p0 = place(a[0], o0, tap / a[2].window / a[1].window),
                    p1 = place(a[1], o1, tap / a[2].window % a[1].window),
                    p2 = place(a[2], o2, tap % a[2].window);
      if (p0 >= 0 && p1 >= 0 && p2 >= 0)
        body(row, ((n * a[0].in + p0) * a[1].in + p1) * a[2].in + p2, tap);
    }
  }
}

std::vector<Real> numbers(Dt dtype, const std::vector<std::byte>& data) {
  std::vector<Real> out(data.size() / width(dtype));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = read(dtype, data.data(), static_cast<int64_t>(i));
  return out;
}

std::vector<std::byte> sample(Dt dtype, int64_t n, std::mt19937& random) {
  std::vector<std::byte> out(static_cast<size_t>(n) * width(dtype));
  for (int64_t i = 0; i < n; ++i)
    write(dtype, out.data(), i, static_cast<Real>(pick(random, -64, 64)) / 32);
  return out;
}

struct Operands {
  int64_t x, w, out;  // elements
};

Operands sizes_of(const ConvShape& s) {
  return {s.batch * s.places_in() * s.all_channels(), s.window() * s.channels * s.all_features(),
          s.batch * s.places_out() * s.all_features()};
}

// body(x, w, out) for every product of the convolution, as elements.
template <class Body>
void each_product(const ConvShape& s, const Body& body) {
  each_meeting(s, [&](int64_t row, int64_t place, int64_t tap) {
    for (int64_t f = 0; f < s.all_features(); ++f) {
      for (int64_t c = 0; c < s.channels; ++c) {
        body(place * s.all_channels() + f / s.features * s.channels + c,
             (tap * s.channels + c) * s.all_features() + f, row * s.all_features() + f);
      }
    }
  });
}

std::string describe(const ConvShape& s, Dt dtype) {
  std::string out = std::string(name_of(dtype)) + " n" + std::to_string(s.batch) + " g" +
                    std::to_string(s.groups) + " c" + std::to_string(s.channels) + " f" +
                    std::to_string(s.features);
  for (const ConvAxis& a : s.axis) {
    for (int64_t n : {a.in, a.window, a.out, a.stride, a.low, a.in_dilation, a.dilation})
      out += " " + std::to_string(n);
    out += ";";
  }
  return out;
}

void expect_near(const ConvShape& s, Dt dtype, const std::vector<std::byte>& found,
                 const std::vector<Real>& expected) {
  const std::vector<Real> got = numbers(dtype, found);
  Real most = 0;
  for (Real x : expected) most = std::max(most, std::fabs(x));
  const Real part = dtype == Dt::F64   ? 1e-12L
                    : dtype == Dt::F32 ? 2e-6L
                    : dtype == Dt::F16 ? 2e-3L
                                       : 1e-2L;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::fabs(got[i] - expected[i]) <= part * most) continue;
    CHECK(false, describe(s, dtype) + " at " + std::to_string(i) + ": " +
                     std::to_string(static_cast<double>(got[i])) + ", expected " +
                     std::to_string(static_cast<double>(expected[i])));
    return;
  }
}

void try_shape(const ConvShape& s, Dt dtype, const KernelTable& kernels, std::mt19937& random) {
  const Operands size = sizes_of(s);
  const auto x = sample(dtype, size.x, random), w = sample(dtype, size.w, random),
             ct = sample(dtype, size.out, random);
  const auto xs = numbers(dtype, x), ws = numbers(dtype, w), cts = numbers(dtype, ct);
  std::vector<Real> out(static_cast<size_t>(size.out)), sums(static_cast<size_t>(size.w));
  each_product(s, [&](int64_t i, int64_t k, int64_t o) {
    const auto [a, b, c] =
        std::array{static_cast<size_t>(i), static_cast<size_t>(k), static_cast<size_t>(o)};
    out[c] += xs[a] * ws[b];
    sums[b] += xs[a] * cts[c];
  });
  const std::vector<std::byte> garbage(std::max(out.size(), sums.size()) * width(dtype) + 8,
                                       std::byte{0x77});
  const auto of = [&](size_t n) {
    return std::vector<std::byte>(garbage.begin(),
                                  garbage.begin() + static_cast<std::ptrdiff_t>(n * width(dtype)));
  };
  ConvStep forward(s, dtype, {0, 1, 2}, kernels);
  const auto y = run_step(forward, {x, w, of(out.size())}, 2).back();
  expect_near(s, dtype, y, out);
  CHECK(y == run_step(forward, {x, w, of(out.size())}, 1).back(),
        "depends on threads: " + describe(s, dtype));
  KernelGradientStep gradient(s, dtype, {0, 1, 2}, kernels);
  const auto g = run_step(gradient, {x, ct, of(sums.size())}, 2).back();
  expect_near(s, dtype, g, sums);
  CHECK(g == run_step(gradient, {x, ct, of(sums.size())}, 1).back(),
        "depends on threads: " + describe(s, dtype));
}

}  // namespace

VORAB_TEST(convolutions_of_any_geometry) {
  std::mt19937 random(11);
  for (const char* set : {"baseline", ""}) {
    const KernelTable& kernels = *choose_kernels(set).kernels;
    for (int i = 0; i < 300; ++i) {
      const Dt dtype =
          std::array{Dt::F32, Dt::F32, Dt::F64, Dt::F16, Dt::BF16}[static_cast<size_t>(i % 5)];
      try_shape(random_shape(random), dtype, kernels, random);
    }
  }
}

// Large enough for several blocks, parts and slices.
VORAB_TEST(convolutions_in_blocks) {
  std::mt19937 random(12);
  const KernelTable& kernels = *choose_kernels("").kernels;
  const ConvAxis same{15, 3, 15, 1, 1, 1, 1}, half{16, 3, 8, 2, 0, 1, 1},
      twice{8, 3, 17, 1, 2, 2, 1};
  try_shape({3, 1, 33, 70, {{}, same, same}}, Dt::F32, kernels, random);
  try_shape({5, 1, 3, 16, {{}, half, same}}, Dt::F32, kernels, random);
  try_shape({2, 1, 17, 40, {{}, twice, twice}}, Dt::F32, kernels, random);
  try_shape({2, 4, 8, 24, {{}, same, same}}, Dt::F64, kernels, random);
  try_shape({2, 70, 1, 1, {{}, same, half}}, Dt::F32, kernels, random);
  try_shape({1, 1, 200, 180, {{}, {}, same}}, Dt::F32, kernels, random);
  try_shape({1, 1, 190, 170, {{}, same, {3, 3, 1, 1, 0, 1, 1}}}, Dt::BF16, kernels, random);
}

// Plans reach the steps through routines, which check what they are given.
VORAB_TEST(windows_are_copied) {
  Program program;
  const uint32_t x = program.input(program.fixed(Dt::I32, {2, 5})),
                 out = program.output(program.fixed(Dt::I32, {2, 2, 2}));
  program.apply(
      "windows", {x}, {out},
      {ints_attribute({1}), ints_attribute({2}), ints_attribute({2}), ints_attribute({1})});
  const auto found = Runner(program).run({bytes_of<int32_t>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9})}, {32});
  CHECK(found[0] == bytes_of<int32_t>({0, 1, 2, 3, 5, 6, 7, 8}), "windows of two");
}

VORAB_TEST(convolutions_of_plans) {
  const auto run = [](int64_t out, int64_t low, int64_t features, int64_t groups) {
    Program program;
    const uint32_t x = program.input(program.fixed(Dt::F32, {1, 4, 1})),
                   w = program.input(program.fixed(Dt::F32, {2, 1, 1})),
                   y = program.output(program.fixed(Dt::F32, {1, out, features}));
    program.apply("conv", {x, w}, {y},
                  {ints_attribute({1}), shape_attribute({program.expr(low)}),
                   shape_attribute({program.expr(0)}), ints_attribute({1}), ints_attribute({1}),
                   int_attribute(groups)});
    const Bytes places = bytes_of<float>({1, 2, 3, 4}), taps = bytes_of<float>({1, 10});
    return Runner(program).run({places, taps}, {static_cast<size_t>(out * features) * 4})[0];
  };
  CHECK(run(3, 0, 1, 1) == bytes_of<float>({21, 32, 43}), "no pads");
  CHECK(run(4, 1, 1, 1) == bytes_of<float>({10, 21, 32, 43}), "a pad before");
  CHECK(run(2, -1, 1, 1) == bytes_of<float>({32, 43}), "a place cut off");
  const auto refuses = [&](int64_t out, int64_t low, int64_t features, int64_t groups) {
    try {
      run(out, low, features, groups);
    } catch (const BackendError& error) {
      return error.status == VORAB_INVALID;
    }
    return false;
  };
  CHECK(refuses(4, 0, 1, 1), "more windows than fit");
  CHECK(refuses(3, 0, 2, 1), "more features than the kernel has");
  CHECK(refuses(3, 0, 1, 0) && refuses(3, 0, 1, 2), "groups that do not divide");
}

}  // namespace vorab::blas::test
