#include "tape.h"

#include <bit>
#include <cmath>
#include <limits>

#include "check.h"

namespace vorab::blas::test {
namespace {

const int64_t kSizes[] = {0, 1, 7, 16, 100, 333, 1000};

std::string label(const char* name, int64_t a, int64_t b) {
  return std::string(name) + " " + std::to_string(a) + "x" + std::to_string(b);
}

Buffers buffers_of(const std::vector<Dt>& dtypes, const std::vector<int64_t>& sizes,
                   uint32_t seed = 1) {
  std::mt19937 random(seed);
  Buffers out;
  for (size_t i = 0; i < dtypes.size(); ++i) {
    out.push_back(
        random_data(dtypes[i], static_cast<size_t>(std::max<int64_t>(sizes[i], 1)), random));
  }
  return out;
}

TapeSource softmax(int64_t rows, int64_t cols) {
  TapeBuilder t({rows, cols}, 1);
  const auto x = t.load(0, Dt::F32, t.dense());
  const auto top = t.reduce(Reduction::Max, x);
  const auto e = t.scalar("exp", {t.scalar("sub", {x, top})});
  t.store(1, t.scalar("div", {e, t.reduce(Reduction::Sum, e)}), t.dense());
  return t.source;
}

TapeSource layer_norm(int64_t rows, int64_t cols) {
  TapeBuilder t({rows, cols}, 1);
  const auto x = t.load(0, Dt::F32, t.dense());
  const auto scale = t.load(1, Dt::F32, {0, 1});
  const auto n = t.constant(static_cast<double>(cols));
  const auto centered = t.scalar("sub", {x, t.scalar("div", {t.reduce(Reduction::Sum, x), n})});
  const auto variance =
      t.scalar("div", {t.reduce(Reduction::Sum, t.scalar("mul", {centered, centered})), n});
  const auto rstd = t.scalar("rsqrt", {t.scalar("add", {variance, t.constant(1e-5)})});
  t.store(2, t.scalar("mul", {t.scalar("mul", {centered, rstd}), scale}), t.dense());
  t.store(3, rstd, t.kept());
  return t.source;
}

}  // namespace

VORAB_TEST(chain_with_broadcasts) {
  for (int64_t rows : kSizes) {
    for (int64_t cols : kSizes) {
      TapeBuilder t({rows, cols});
      const auto x = t.load(0, Dt::F32, t.dense());
      const auto bias = t.load(1, Dt::F32, {0, 1});
      const auto scale = t.load(2, Dt::F32, {1, 0});
      const auto y = t.scalar("tanh", {t.scalar("add", {t.scalar("mul", {x, scale}), bias})});
      t.store(
          3,
          t.scalar("where", {t.scalar("less", Dt::Bool, {y, t.constant(0)}), t.constant(0.5), y}),
          t.dense());
      expect_same(
          label("chain", rows, cols).c_str(), t.source, {Dt::F32, Dt::F32, Dt::F32, Dt::F32},
          buffers_of({Dt::F32, Dt::F32, Dt::F32, Dt::F32}, {rows * cols, cols, rows, rows * cols}));
    }
  }
}

// Sums of products with constants, of which some are updated in place: by elements, by rows, and
// with operands that lie apart.
VORAB_TEST(weighted_sums) {
  for (int64_t rows : {1, 3, 40}) {
    for (int64_t cols : {1, 16, 100, 129, 512, 2100}) {
      const int64_t n = rows * cols;
      TapeBuilder t({rows, cols});
      const auto m = t.load(0, Dt::F32, t.dense()), v = t.load(1, Dt::F32, {cols + 3, 1});
      const auto x = t.load(2, Dt::F32, {1, 0}), d = t.load(3, Dt::F32, {0, 1});
      const auto times = [&](uint16_t a, double c) { return t.scalar("mul", {a, t.constant(c)}); };
      const auto g = t.scalar("mul", {x, d});
      const auto mean = t.scalar("add", {times(m, 0.9), times(g, 0.1)});
      const auto square = t.scalar("add", {times(t.scalar("mul", {g, g}), 0.25), times(v, 0.75)});
      const auto root = t.scalar("add", {t.scalar("sqrt", {square}), t.constant(0.5)});
      const auto both = t.scalar("add", {times(d, 0.01), t.scalar("div", {mean, root})});
      t.store(0, mean, t.dense());
      t.store(1, square, {cols + 3, 1});
      t.store(4, t.scalar("add", {both, times(both, 2)}), t.dense());
      Buffers buffers = buffers_of({Dt::F32, Dt::F32, Dt::F32, Dt::F32, Dt::F32},
                                   {n, rows * (cols + 3), rows, cols, n});
      auto* squares = reinterpret_cast<float*>(buffers[1].data());
      for (int64_t i = 0; i < rows * (cols + 3); ++i) squares[i] = std::abs(squares[i]);
      expect_same(label("weighted sums", rows, cols).c_str(), t.source,
                  {Dt::F32, Dt::F32, Dt::F32, Dt::F32, Dt::F32}, buffers);
    }
  }
}

VORAB_TEST(dtype_mixes) {
  TapeBuilder t({3, 217});
  const auto i = t.load(0, Dt::I32, t.dense());
  const auto row = t.index(1);
  const auto f = t.scalar("cast", Dt::F32, {t.scalar("bitwiseXor", {i, row})});
  const auto h = t.scalar("cast", Dt::F16, {f});
  const auto d = t.scalar("cast", Dt::F64, {t.scalar("mul", {h, h})});
  t.store(1, t.scalar("greater", Dt::Bool, {d, t.constant(3, Dt::F64)}), t.dense());
  t.store(2, t.scalar("cast", Dt::U8, {d}), t.dense());
  t.store(3, t.scalar("add", {d, t.scalar("cast", Dt::F64, {t.index(0)})}), {1, 3});
  expect_same("dtypes", t.source, {Dt::I32, Dt::Bool, Dt::U8, Dt::F64},
              buffers_of({Dt::I32, Dt::Bool, Dt::U8, Dt::F64}, {651, 651, 651, 651}));
}

VORAB_TEST(transposes_and_strides) {
  for (int64_t rows : kSizes) {
    for (int64_t cols : kSizes) {
      TapeBuilder t({rows, cols});
      t.store(1, t.scalar("neg", {t.load(0, Dt::F32, {1, rows})}), t.dense());
      t.store(2, t.load(0, Dt::F32, {cols, -1}, cols - 1), {2 * cols + 1, 2});
      const int64_t n = rows * cols;
      expect_same(label("transpose", rows, cols).c_str(), t.source, {Dt::F32, Dt::F32, Dt::F32},
                  buffers_of({Dt::F32, Dt::F32, Dt::F32}, {n, n, 2 * n + rows + 2}));
    }
  }
  TapeBuilder t({5, 4, 3, 70});
  t.store(1, t.load(0, Dt::F32, {3, 15, 1, 60}), t.dense());
  expect_same("four dims", t.source, {Dt::F32, Dt::F32},
              buffers_of({Dt::F32, Dt::F32}, {4200, 4200}));
}

VORAB_TEST(row_mode_softmax) {
  for (int64_t rows : {1, 7, 64}) {
    for (int64_t cols : kSizes) {
      expect_same(label("softmax", rows, cols).c_str(), softmax(rows, cols), {Dt::F32, Dt::F32},
                  buffers_of({Dt::F32, Dt::F32}, {rows * cols, rows * cols}));
    }
  }
}

// What one pass holds, the next ones write over, but for what a later one reads again.
VORAB_TEST(row_mode_norm_softmax) {
  for (const bool again : {false, true}) {
    for (int64_t cols : {1, 23, 24, 64, 100, 127, 128, 333, 1000, 1024}) {
      const int64_t rows = 11, n = rows * cols;
      TapeBuilder t({rows, cols}, 1);
      const auto x = t.load(0, Dt::F32, t.dense());
      const auto count = t.constant(static_cast<double>(cols));
      const auto mean = t.scalar("div", {t.reduce(Reduction::Sum, x), count});
      const auto centred = t.scalar("sub", {x, mean});
      const auto squares = t.reduce(Reduction::Sum, t.scalar("mul", {centred, centred}));
      const auto variance = t.scalar("add", {t.scalar("div", {squares, count}), t.constant(1e-5)});
      const auto y = t.scalar(
          "add", {t.scalar("mul", {t.scalar("mul", {centred, t.scalar("rsqrt", {variance})}),
                                   t.load(1, Dt::F32, {0, 1})}),
                  t.load(2, Dt::F32, {0, 1})});
      const auto e = t.scalar("exp", {t.scalar("sub", {y, t.reduce(Reduction::Max, y)})});
      const auto share = t.scalar("div", {e, t.reduce(Reduction::Sum, e)});
      t.store(3, again ? t.scalar("add", {share, y}) : share, t.dense());
      expect_same(label("norm and softmax", rows, cols).c_str(), t.source,
                  {Dt::F32, Dt::F32, Dt::F32, Dt::F32},
                  buffers_of({Dt::F32, Dt::F32, Dt::F32, Dt::F32}, {n, cols, cols, n}), 1e-5);
    }
  }
}

VORAB_TEST(row_mode_layer_norm) {
  for (int64_t rows : {1, 7, 64}) {
    for (int64_t cols : kSizes) {
      expect_same(
          label("layerNorm", rows, cols).c_str(), layer_norm(rows, cols),
          {Dt::F32, Dt::F32, Dt::F32, Dt::F32},
          buffers_of({Dt::F32, Dt::F32, Dt::F32, Dt::F32}, {rows * cols, cols, rows * cols, rows}),
          1e-5);
    }
  }
}

VORAB_TEST(softmax_in_place) {
  for (int64_t cols : {10, 333, 5000}) {
    TapeSource source = softmax(13, cols);
    for (SourceAccess& access : source.accesses) access.value = 0, access.place.space = 0;
    expect_same(label("in place", 13, cols).c_str(), source, {Dt::F32},
                buffers_of({Dt::F32}, {13 * cols}));
  }
}

// A result of more than the caches hold is stored past them while the next rows compute: the bits
// are those of a few rows at a time, wherever lines begin.
VORAB_TEST(softmax_past_the_caches) {
  for (int64_t cols : {1000, 1024, 517}) {
    const int64_t rows = (12 << 20) / 4 / cols + 3, part = 40;
    const Buffers given = buffers_of({Dt::F32}, {rows * cols});
    for (int64_t offset : {0, 5}) {
      TapeSource whole = softmax(rows, cols);
      whole.accesses.back().offset = offset;
      const size_t bytes = given[0].size(), before = static_cast<size_t>(offset) * 4;
      const Buffers out =
          run_compiled(whole, {given[0], std::vector<std::byte>(bytes + before)}, 2);
      for (int64_t row = 0; row + part <= rows; row += part) {
        const auto first = static_cast<size_t>(row * cols) * 4;
        const size_t size = static_cast<size_t>(part * cols) * 4;
        const std::vector<std::byte> rows_of(given[0].begin() + static_cast<int64_t>(first),
                                             given[0].begin() + static_cast<int64_t>(first + size));
        const Buffers few =
            run_compiled(softmax(part, cols), {rows_of, std::vector<std::byte>(size)});
        CHECK(std::memcmp(out[1].data() + before + first, few[1].data(), size) == 0,
              label("rows", row, cols) + " from " + std::to_string(offset));
      }
    }
  }
}

VORAB_TEST(what_is_stored_late) {
  for (const char* cpu : {"avx2", "avx512"}) {
    try {
      const KernelTable& kernels = *choose_kernels(cpu).kernels;
      CHECK(compile_tape(softmax(4096, 1024), kernels).late.count > 0, cpu);
      CHECK(compile_tape(softmax(512, 1024), kernels).late.count == 0, "stays in the caches");
      CHECK(compile_tape(layer_norm(4096, 1024), kernels).late.count == 0, "reads an earlier mean");
    } catch (const Unsupported&) {
    }
  }
}

// Moderate numerators, in whole turns, then any bits: both ways to divide by one value give its
// bits.
VORAB_TEST(division_by_one_value) {
  constexpr size_t kCount = 2048;
  std::mt19937 random(3);
  for (float divisor : {3.0f, 0.1f, 0x1.fffffep0f, 1e-30f, 1e30f, -7.0f, 0.0f, 1e-40f,
                        std::numeric_limits<float>::infinity()}) {
    TapeBuilder t({kCount});
    t.store(2, t.scalar("div", {t.load(0, Dt::F32, {1}), t.load(1, Dt::F32, {0})}), {1});
    std::vector<float> x(kCount), got(kCount);
    for (size_t i = 0; i < kCount; ++i) {
      const uint32_t moderate =
          static_cast<uint32_t>((random() & 0x807fffffu) | (100u + random() % 50u) << 23);
      x[i] = std::bit_cast<float>(i < kCount / 2 ? moderate : static_cast<uint32_t>(random()));
      if (i % 64 == 0) x[i] = i % 128 == 0 ? 0.0f : -0.0f;
    }
    Buffers buffers{std::vector<std::byte>(kCount * 4), std::vector<std::byte>(4),
                    std::vector<std::byte>(kCount * 4)};
    std::memcpy(buffers[0].data(), x.data(), kCount * 4);
    std::memcpy(buffers[1].data(), &divisor, 4);
    const Buffers out = run_compiled(t.source, buffers);
    std::memcpy(got.data(), out[2].data(), kCount * 4);
    for (size_t i = 0; i < kCount; ++i) {
      const float want = x[i] / divisor;
      CHECK(std::isnan(want) ? std::isnan(got[i])
                             : std::bit_cast<uint32_t>(got[i]) == std::bit_cast<uint32_t>(want),
            std::to_string(x[i]) + " / " + std::to_string(divisor) + " gave " +
                std::to_string(got[i]));
    }
  }
}

VORAB_TEST(adam_in_place) {
  const int64_t n = 1000;
  TapeBuilder t({n});
  const auto g = t.load(0, Dt::F32, {1}), m = t.load(1, Dt::F32, {1}), v = t.load(2, Dt::F32, {1}),
             p = t.load(3, Dt::F32, {1});
  const auto b1 = t.constant(0.9), b2 = t.constant(0.999);
  const auto m2 =
      t.scalar("add", {t.scalar("mul", {m, b1}), t.scalar("mul", {g, t.constant(0.1)})});
  const auto v2 = t.scalar("add", {t.scalar("mul", {t.scalar("abs", {v}), b2}),
                                   t.scalar("mul", {t.scalar("mul", {g, g}), t.constant(0.001)})});
  const auto step =
      t.scalar("div", {m2, t.scalar("add", {t.scalar("sqrt", {v2}), t.constant(1e-8)})});
  t.store(1, m2, {1});
  t.store(2, v2, {1});
  t.store(3, t.scalar("sub", {p, t.scalar("mul", {step, t.load(4, Dt::F32, {0})})}), {1});
  // A later reader of an old value that was overwritten in place.
  t.store(5, t.scalar("add", {m, p}), {1});
  const std::vector<Dt> dtypes(6, Dt::F32);
  expect_same("adam", t.source, dtypes, buffers_of(dtypes, {n, n, n, n, 1, n}), 1e-5);
}

VORAB_TEST(column_mode) {
  for (int64_t outer : {1, 3}) {
    for (int64_t reduced : kSizes) {
      for (int64_t inner : {1, 7, 100, 333}) {
        TapeBuilder t({outer, reduced, inner}, 1, 1);
        const auto x = t.load(0, Dt::F32, t.dense());
        const auto w = t.load(1, Dt::F32, {0, 0, 1});
        const auto sum = t.reduce(Reduction::Sum, t.scalar("mul", {x, w}));
        const auto top = t.reduce(Reduction::Max, x);
        t.store(2, t.scalar("add", {sum, w}), t.kept());
        t.store(3, top, t.kept());
        const std::vector<Dt> dtypes(4, Dt::F32);
        expect_same(
            label("columns", reduced, inner).c_str(), t.source, dtypes,
            buffers_of(dtypes, {outer * reduced * inner, inner, outer * inner, outer * inner}),
            1e-4);
      }
    }
  }
}

VORAB_TEST(reductions_of_every_kind) {
  for (Dt dtype : {Dt::F32, Dt::I32, Dt::U32, Dt::F64, Dt::I64, Dt::F16, Dt::U8}) {
    for (uint32_t inner : {0u, 1u}) {
      TapeBuilder t(inner ? std::vector<int64_t>{5, 90, 11} : std::vector<int64_t>{5, 990}, 1,
                    inner);
      const auto x = t.load(0, dtype, t.dense());
      t.store(1, t.reduce(Reduction::Max, x), t.kept());
      t.store(2, t.reduce(Reduction::Min, x), t.kept());
      if (dtype != Dt::F16) t.store(3, t.reduce(Reduction::Sum, x), t.kept());
      const std::vector<Dt> dtypes(4, dtype);
      expect_same(name_of(dtype), t.source, dtypes, buffers_of(dtypes, {4950, 55, 55, 55}), 2e-5);
    }
  }
  TapeBuilder t({5, 99}, 1);
  const auto x = t.scalar("less", Dt::Bool, {t.load(0, Dt::F32, t.dense()), t.constant(6)});
  t.store(1, t.reduce(Reduction::Any, x), t.kept());
  t.store(2, t.reduce(Reduction::All, x), t.kept());
  expect_same("any, all", t.source, {Dt::F32, Dt::Bool, Dt::Bool},
              buffers_of({Dt::F32, Dt::Bool, Dt::Bool}, {495, 5, 5}));
}

// Dims that do not merge: reduced over two dims apart, with strides.
VORAB_TEST(several_reduced_dims) {
  for (int64_t k : {0, 1, 3, 40}) {
    TapeBuilder t({4, 3, k, 5, 50}, 3);
    const auto x = t.load(0, Dt::F32, {750 * k + 5, 250 * std::max<int64_t>(k, 1), 250, 1, 5});
    const auto sum = t.reduce(Reduction::Sum, x);
    t.store(1, sum, t.kept());
    t.store(2, t.scalar("sub", {x, sum}), t.dense());
    expect_same("three reduced", t.source, {Dt::F32, Dt::F32, Dt::F32},
                buffers_of({Dt::F32, Dt::F32, Dt::F32}, {4 * (750 * k + 5) + 750, 12, 3000 * k}),
                1e-4);
  }
}

// Split over chunks: results must not depend on the number of threads, bit for bit.
VORAB_TEST(threads_change_nothing) {
  std::vector<std::pair<const char*, TapeSource>> sources;
  sources.emplace_back("softmax of one long row", softmax(1, 300000));
  sources.emplace_back("layerNorm of two long rows", layer_norm(2, 200001));
  sources.emplace_back("softmax", softmax(1001, 333));
  TapeBuilder columns({5000, 70}, 1, 1);
  columns.source.dims = {5000, 70};
  const auto x = columns.load(0, Dt::F32, columns.dense());
  columns.store(1, columns.reduce(Reduction::Sum, x), columns.kept());
  sources.emplace_back("columns", columns.source);
  TapeBuilder chain({1000003});
  chain.store(1, chain.scalar("erf", {chain.load(0, Dt::F32, {1})}), {1});
  sources.emplace_back("chain", chain.source);
  for (const auto& [name, source] : sources) {
    Buffers buffers =
        buffers_of({Dt::F32, Dt::F32, Dt::F32, Dt::F32}, {1000003, 1000003, 1000003, 1000003});
    const Buffers one = run_compiled(source, buffers, 1);
    for (int threads : {2, 3, 4}) CHECK(run_compiled(source, buffers, threads) == one, name);
  }
  expect_same("long row", softmax(1, 40000), {Dt::F32, Dt::F32},
              buffers_of({Dt::F32, Dt::F32}, {40000, 40000}));
  expect_same("split columns", columns.source, {Dt::F32, Dt::F32},
              buffers_of({Dt::F32, Dt::F32}, {350000, 70}), 3e-5);
}

VORAB_TEST(kernel_sets_agree) {
  const TapeSource source = layer_norm(20, 333);
  const Buffers buffers = buffers_of({Dt::F32, Dt::F32, Dt::F32, Dt::F32}, {6660, 333, 6660, 20});
  const Buffers one = run_compiled(source, buffers, 1, "baseline");
  for (const char* cpu : {"avx2", "avx512"}) {
    try {
      const Buffers other = run_compiled(source, buffers, 1, cpu);
      for (int64_t i = 0; i < 6660; ++i) {
        const Real x = read(Dt::F32, one[2].data(), i), y = read(Dt::F32, other[2].data(), i);
        CHECK(std::abs(static_cast<double>(x - y)) < 1e-5, cpu);
      }
    } catch (const Unsupported&) {
    }
  }
}

VORAB_TEST(bad_tapes_are_refused) {
  const auto refused = [](const TapeSource& source) {
    try {
      compile_tape(source, *choose_kernels("").kernels);
      return false;
    } catch (const BadPlan&) {
      return true;
    }
  };
  TapeBuilder shifted({10});
  shifted.store(0, shifted.load(0, Dt::F32, {1}), {1}, 1);
  CHECK(refused(shifted.source));
  TapeBuilder forward({10});
  forward.scalar("neg", {forward.load(0, Dt::F32, {1})});
  forward.source.instrs.back().arg[0] = 1;
  CHECK(refused(forward.source));
  TapeBuilder dropped({10, 10}, 1);
  dropped.store(1, dropped.load(0, Dt::F32, dropped.dense()), dropped.kept());
  CHECK(refused(dropped.source));
}

}  // namespace vorab::blas::test
