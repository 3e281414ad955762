// Contractions against a plain triple loop, for layouts, batches, epilogues and dtypes.
#include <cmath>

#include "../gemm/source.h"
#include "../steps/contract_step.h"
#include "check.h"
#include "tape.h"

namespace vorab::blas::test {
namespace {

struct Shape3 {
  std::vector<int64_t> batch;
  int64_t m, n, k;
};

enum class Layout { Dense, Transposed, Strided };

// Strides over (batch..., rows, cols), and how many elements they span.
std::vector<int64_t> strides_of(const std::vector<int64_t>& batch, int64_t rows, int64_t cols,
                                Layout layout, int64_t& span) {
  std::vector<int64_t> out(batch.size() + 2);
  const size_t d = batch.size();
  const int64_t step = layout == Layout::Strided ? 2 : 1;
  out[d] = layout == Layout::Transposed ? 1 : (cols + (step - 1)) * step;
  out[d + 1] = layout == Layout::Transposed ? rows : step;
  span = layout == Layout::Strided ? (rows + 1) * (cols + 1) * 2 : rows * cols;
  for (size_t i = d; i-- > 0;) {
    out[i] = span;
    span *= std::max<int64_t>(batch[i], 1);
  }
  return out;
}

enum class Epilogue { Copy, BiasRelu, TwoStores, Transposed, Narrow };

struct Trial {
  ContractSource source;
  Buffers buffers;
  std::vector<Dt> dtypes;
};

void make_epilogue(Trial& trial, const Shape3& s, Epilogue kind, Dt dtype) {
  std::vector<int64_t> dims = s.batch;
  dims.push_back(s.m);
  dims.push_back(s.n);
  TapeBuilder t(dims);
  const size_t d = s.batch.size();
  std::vector<int64_t> zeros(dims.size(), 0), bias = zeros, out = t.dense();
  bias[d + 1] = 1;
  const uint16_t acc = t.load(kAccValue, dtype, zeros);
  t.source.accesses.back().place.space = kAccSpace;
  trial.source.acc = 0;
  if (kind == Epilogue::Transposed) {
    out[d] = 1;
    out[d + 1] = std::max<int64_t>(s.m, 1);
  }
  uint16_t y = acc;
  if (kind == Epilogue::BiasRelu || kind == Epilogue::TwoStores) {
    y = t.scalar("maximum", {t.scalar("add", {acc, t.load(2, dtype, bias)}), t.constant(0, dtype)});
  }
  if (kind == Epilogue::Narrow) y = t.scalar("cast", Dt::F16, {acc});
  t.store(3, y, out);
  if (kind == Epilogue::TwoStores) t.store(4, t.scalar("neg", {acc}), out);
  trial.source.epilogue = t.source;
}

Trial make_trial(const Shape3& s, Layout a, Layout b, Epilogue epilogue, Dt dtype) {
  Trial trial;
  std::mt19937 random(5);
  int64_t spans[2];
  auto sa = strides_of(s.batch, s.m, s.k, a, spans[0]),
       sb = strides_of(s.batch, s.k, s.n, b, spans[1]);
  const size_t d = s.batch.size();
  sa.insert(sa.begin() + static_cast<std::ptrdiff_t>(d) + 1, 0);  // (m, n, k)
  sb = {sb.begin(), sb.end()};
  std::vector<int64_t> sb3(sb.begin(), sb.begin() + static_cast<std::ptrdiff_t>(d));
  sb3.insert(sb3.end(), {0, sb[d + 1], sb[d]});
  trial.source.batch = s.batch;
  trial.source.m = s.m, trial.source.n = s.n, trial.source.k = s.k;
  trial.source.a = {0, dtype, {0, 0, 0}, 0, sa};
  trial.source.b = {1, dtype, {1, 0, 0}, 0, sb3};
  make_epilogue(trial, s, epilogue, dtype);
  int64_t outputs = s.m * s.n;
  for (int64_t extent : s.batch) outputs *= extent;
  trial.dtypes = {dtype, dtype, dtype, epilogue == Epilogue::Narrow ? Dt::F16 : dtype, dtype};
  const int64_t sizes[] = {spans[0], spans[1], s.n, outputs, outputs};
  for (size_t i = 0; i < 5; ++i) {
    trial.buffers.push_back(
        random_data(trial.dtypes[i], static_cast<size_t>(std::max<int64_t>(sizes[i], 1)), random));
  }
  return trial;
}

// The product as a value of its own, then the epilogue as a tape that loads it.
Buffers reference(const Trial& trial) {
  const ContractSource& s = trial.source;
  Buffers buffers = trial.buffers;
  const Dt dtype = s.a.dtype;
  TapeSource epilogue = s.epilogue;
  const auto product = static_cast<uint32_t>(buffers.size());
  SourceAccess& acc = epilogue.accesses[static_cast<size_t>(s.acc)];
  acc.value = product;
  for (size_t d = epilogue.dims.size(); d-- > 0;) {
    acc.strides[d] = d + 1 == epilogue.dims.size() ? 1 : acc.strides[d + 1] * epilogue.dims[d + 1];
  }
  int64_t count = 1;
  for (int64_t extent : epilogue.dims) count *= extent;
  buffers.emplace_back(static_cast<size_t>(std::max<int64_t>(count, 1)) * width(dtype));
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, at[10] = {};
    for (size_t d = epilogue.dims.size(); d-- > 0; rest /= epilogue.dims[d])
      at[d] = rest % epilogue.dims[d];
    Real sum = 0;
    for (int64_t k = 0; k < s.k; ++k) {
      at[epilogue.dims.size()] = k;
      int64_t x = 0, y = 0;
      for (size_t d = 0; d <= epilogue.dims.size(); ++d)
        x += at[d] * s.a.strides[d], y += at[d] * s.b.strides[d];
      sum += read(dtype, buffers[0].data(), x) * read(dtype, buffers[1].data(), y);
    }
    write(dtype, buffers[product].data(), i, sum);
  }
  Buffers after = ReferenceTape(epilogue, buffers).run();
  after.pop_back();
  return after;
}

Buffers run_contract(const Trial& trial, int threads, const char* set = "") {
  ContractStep step(trial.source, *choose_kernels(set).kernels);
  Pool pool(threads);
  Buffers buffers = trial.buffers;
  std::vector<Memory> scratch;
  std::vector<std::byte*> data;
  for (int t = 0; t < threads; ++t) {
    scratch.emplace_back(static_cast<uint64_t>(step.scratch_bytes()) + 64);
    data.push_back(scratch.back().data());
  }
  const std::vector<std::byte*> values = pointers(buffers);
  const Memory workspace(static_cast<uint64_t>(step.workspace_bytes()));
  step.run({values.data(), pool, data, workspace.data()});
  return buffers;
}

void expect_right(const std::string& what, const Trial& trial, double relative,
                  const char* set = "") {
  prepare_blas();
  const Buffers expected = reference(trial), found = run_contract(trial, 2, set);
  for (size_t b = 3; b < 5; ++b) {
    const auto n = static_cast<int64_t>(found[b].size() / width(trial.dtypes[b]));
    for (int64_t i = 0; i < n; ++i) {
      const Real x = read(trial.dtypes[b], found[b].data(), i),
                 y = read(trial.dtypes[b], expected[b].data(), i);
      const bool same = x == y || std::fabs(x - y) <= relative * (10 + std::fabs(y));
      CHECK(same, what + ": element " + std::to_string(i) + " found " +
                      std::to_string(static_cast<double>(x)) + ", expected " +
                      std::to_string(static_cast<double>(y)));
      if (!same) return;
    }
  }
}

const Shape3 kShapes[] = {{{}, 7, 5, 3},  {{}, 1, 9, 4},      {{}, 6, 1, 8},   {{}, 33, 65, 17},
                          {{}, 0, 4, 3},  {{}, 4, 4, 0},      {{3}, 5, 6, 7},  {{2, 3}, 4, 5, 6},
                          {{2}, 1, 1, 1}, {{}, 300, 100, 64}, {{4}, 16, 8, 2}, {{0}, 2, 2, 2}};

std::string text(const Shape3& s) {
  return std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k);
}

}  // namespace

VORAB_TEST(contract_layouts) {
  for (const Shape3& s : kShapes) {
    for (Layout a : {Layout::Dense, Layout::Transposed, Layout::Strided}) {
      for (Layout b : {Layout::Dense, Layout::Transposed, Layout::Strided}) {
        expect_right("layout " + text(s), make_trial(s, a, b, Epilogue::Copy, Dt::F32), 1e-5);
      }
    }
  }
}

VORAB_TEST(contract_epilogues) {
  for (const Shape3& s : kShapes) {
    for (Epilogue e :
         {Epilogue::BiasRelu, Epilogue::TwoStores, Epilogue::Transposed, Epilogue::Narrow}) {
      const std::string what = "epilogue " + std::to_string(static_cast<int>(e)) + " " + text(s);
      expect_right(what, make_trial(s, Layout::Dense, Layout::Dense, e, Dt::F32),
                   e == Epilogue::Narrow ? 1e-3 : 1e-5);
    }
  }
}

VORAB_TEST(contract_dtypes) {
  for (Dt dtype : {Dt::F64, Dt::I32, Dt::U32, Dt::I64, Dt::U8, Dt::F16, Dt::BF16}) {
    const double relative = dtype == Dt::F16 ? 2e-3 : dtype == Dt::BF16 ? 2e-2 : 1e-9;
    for (Layout a : {Layout::Dense, Layout::Transposed}) {
      expect_right(name_of(dtype),
                   make_trial({{2}, 19, 23, 11}, a, Layout::Dense, Epilogue::BiasRelu, dtype),
                   relative);
    }
  }
}

// [batch, m, k] x [k, n] is one product of batch * m rows.
VORAB_TEST(contract_shared_right_side) {
  Trial trial =
      make_trial({{3, 4}, 5, 6, 7}, Layout::Dense, Layout::Dense, Epilogue::BiasRelu, Dt::F32);
  trial.source.b.strides[0] = trial.source.b.strides[1] = 0;
  expect_right("shared", trial, 1e-5);
  ContractSource source = trial.source;
  CHECK(plan_contract(source, {}).m == 60);
}

bool runs(const char* set) try {
  choose_kernels(set);
  return true;
} catch (const Unsupported&) {
  return false;  // not on this machine, or not in this build
}

VORAB_TEST(contract_kernel_sets) {
  for (const char* set : {"baseline", "avx2", "avx512"}) {
    if (!runs(set)) continue;
    for (const Shape3& s :
         {Shape3{{}, 27, 43, 1030}, Shape3{{}, 261, 67, 33}, Shape3{{}, 301, 1, 1701},
          Shape3{{}, 1103, 10, 51}, Shape3{{}, 40, 8, 1600}, Shape3{{}, 507, 41, 30}}) {
      for (Layout layout : {Layout::Dense, Layout::Transposed, Layout::Strided}) {
        const Trial trial = make_trial(s, layout, layout, Epilogue::TwoStores, Dt::F32);
        expect_right(std::string(set) + " " + text(s), trial, 1e-4, set);
      }
    }
  }
}

// Right operands that are large against the left one: read where they lie, either way around.
VORAB_TEST(contract_few_rows) {
  for (const char* set : {"baseline", "avx2", "avx512"}) {
    if (!runs(set)) continue;
    for (const Shape3& s : {Shape3{{}, 1, 300, 260}, Shape3{{}, 7, 515, 131}}) {
      for (Layout a : {Layout::Dense, Layout::Transposed, Layout::Strided}) {
        for (Layout b : {Layout::Dense, Layout::Transposed, Layout::Strided}) {
          for (Epilogue e : {Epilogue::Copy, Epilogue::TwoStores, Epilogue::Transposed})
            expect_right(text(s), make_trial(s, a, b, e, Dt::F32), 1e-4, set);
        }
      }
    }
  }
}

VORAB_TEST(contract_threads_change_nothing) {
  for (const Shape3& s :
       {Shape3{{}, 512, 384, 256}, Shape3{{8}, 128, 128, 32}, Shape3{{}, 1000, 333, 57},
        Shape3{{}, 5, 700, 300}, Shape3{{}, 1000, 10, 512}}) {
    const Trial trial =
        make_trial(s, Layout::Dense, Layout::Transposed, Epilogue::BiasRelu, Dt::F32);
    const Buffers one = run_contract(trial, 1);
    for (int threads : {2, 4}) CHECK(run_contract(trial, threads) == one, text(s));
  }
}

}  // namespace vorab::blas::test
