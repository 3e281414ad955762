// Times the kernels without the runtime around them: vorab_blas_bench [threads] [name]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>

#include "../attention/gradient_step.h"
#include "../gemm/product.h"
#include "../steps/contract_step.h"
#include "../test/tape.h"

namespace vorab::blas::test {
namespace {

int threads = 2;

const char* wanted() {
  const char* name = std::getenv("VORAB_CPU");
  return name ? name : "";
}
const KernelTable& kernels() { return *choose_kernels(wanted()).kernels; }

const char* only = "";

// One thread: its CPU time, which other processes disturb less. Several: wall time.
double now_ms() {
  timespec t{};
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

double best_ms(const std::function<void()>& body) {
  double best = 1e30, spent = 0;
  while (spent < 1000) {
    const double start = now_ms();
    body();
    const double ms = now_ms() - start;
    best = ms < best ? ms : best;
    spent += ms;
  }
  return best;
}

void time_step(const char* name, Step& step, Buffers& buffers, double bytes, double flops) {
  if (std::strstr(name, only) == nullptr) return;
  const auto pool = Pool::shared(threads);
  std::vector<Memory> scratch;
  std::vector<std::byte*> data;
  for (int t = 0; t < threads; ++t) {
    scratch.emplace_back(static_cast<uint64_t>(step.scratch_bytes()) + 64);
    data.push_back(scratch.back().data());
  }
  const Memory workspace(static_cast<uint64_t>(step.workspace_bytes()));
  // Where arenas and state lie: touched, on huge pages.
  std::vector<Memory> memories;
  std::vector<std::byte*> values;
  for (const auto& buffer : buffers) {
    memories.emplace_back(buffer.size());
    std::memcpy(memories.back().data(), buffer.data(), buffer.size());
    values.push_back(memories.back().data());
  }
  const double ms = best_ms([&] { step.run({values.data(), *pool, data, workspace.data()}); });
  std::printf("%-36s %9.4f ms", name, ms);
  if (bytes > 0) std::printf("  %7.1f GB/s", bytes / ms * 1e-6);
  if (flops > 0) std::printf("  %7.1f GFLOPS", flops / ms * 1e-6);
  std::printf("\n");
  std::fflush(stdout);
}

// Numbers in [0, 1), f32: divisions of round ones would take less time.
Buffers numbers(std::initializer_list<int64_t> elements) {
  Buffers out;
  uint32_t state = 1;
  for (int64_t n : elements) {
    out.emplace_back(static_cast<size_t>(n) * sizeof(float));
    auto* to = reinterpret_cast<float*>(out.back().data());
    for (int64_t i = 0; i < n; ++i) {
      state = state * 1664525u + 1013904223u;
      to[i] = static_cast<float>(state >> 8) * 0x1p-24f;
    }
  }
  return out;
}

void time_tape(const char* name, const TapeSource& source, Buffers buffers, double bytes) {
  TapeStep step(compile_tape(source, kernels()));
  time_step(name, step, buffers, bytes, 0);
}

// gelu(x * a + b) * sigmoid(y) + x, with the tanh in gelu as models have it: a sigmoid
void chain(int64_t n) {
  TapeBuilder t({n});
  const auto x = t.load(0, Dt::F32, {1});
  const auto u = t.scalar("add", {t.scalar("mul", {x, t.constant(1.1)}), t.constant(0.3)});
  const auto cube = t.scalar("mul", {u, t.scalar("mul", {u, u})});
  const auto inner = t.scalar(
      "mul",
      {t.scalar("add", {u, t.scalar("mul", {cube, t.constant(0.044715)})}), t.constant(1.5957691)});
  const auto gelu = t.scalar("mul", {u, t.scalar("sigmoid", {inner})});
  const auto gate = t.scalar("sigmoid", {t.load(1, Dt::F32, {1})});
  t.store(2, t.scalar("add", {t.scalar("mul", {gelu, gate}), x}), {1});
  const std::string name = "chain " + std::to_string(n);
  time_tape(name.c_str(), t.source, numbers({n, n, n}), 12.0 * static_cast<double>(n));
}

void adam(int64_t n) {
  TapeBuilder t({n});
  const auto g = t.load(0, Dt::F32, {1}), m = t.load(1, Dt::F32, {1}), v = t.load(2, Dt::F32, {1}),
             p = t.load(3, Dt::F32, {1});
  const auto m2 = t.scalar(
      "add", {t.scalar("mul", {m, t.constant(0.9)}), t.scalar("mul", {g, t.constant(0.1)})});
  const auto v2 = t.scalar("add", {t.scalar("mul", {v, t.constant(0.999)}),
                                   t.scalar("mul", {t.scalar("mul", {g, g}), t.constant(0.001)})});
  const auto denominator = t.scalar(
      "add",
      {t.scalar("sqrt", {t.scalar("mul", {v2, t.load(5, Dt::F32, {0})})}), t.constant(1e-8)});
  const auto step = t.scalar("div", {t.scalar("mul", {m2, t.load(4, Dt::F32, {0})}), denominator});
  t.store(1, m2, {1});
  t.store(2, v2, {1});
  t.store(3, t.scalar("sub", {p, step}), {1});
  const std::string name = "adam in place " + std::to_string(n);
  time_tape(name.c_str(), t.source, numbers({n, n, n, n, 1, 1}), 28.0 * static_cast<double>(n));
}

void norm_softmax(int64_t rows, int64_t cols) {
  TapeBuilder t({rows, cols}, 1);
  const auto x = t.load(0, Dt::F32, t.dense());
  const auto n = t.constant(static_cast<double>(cols));
  const auto centered = t.scalar("sub", {x, t.scalar("div", {t.reduce(Reduction::Sum, x), n})});
  const auto variance =
      t.scalar("div", {t.reduce(Reduction::Sum, t.scalar("mul", {centered, centered})), n});
  const auto rstd = t.scalar("rsqrt", {t.scalar("add", {variance, t.constant(1e-5)})});
  const auto y = t.scalar(
      "add", {t.scalar("mul", {t.scalar("mul", {centered, rstd}), t.load(2, Dt::F32, {0, 1})}),
              t.load(3, Dt::F32, {0, 1})});
  const auto e = t.scalar("exp", {t.scalar("sub", {y, t.reduce(Reduction::Max, y)})});
  t.store(1, t.scalar("div", {e, t.reduce(Reduction::Sum, e)}), t.dense());
  const std::string name = "norm_softmax " + std::to_string(rows) + "x" + std::to_string(cols);
  time_tape(name.c_str(), t.source, numbers({rows * cols, rows * cols, cols, cols}),
            8.0 * static_cast<double>(rows * cols));
}

// One reduction of rows, after an op.
void row_reduction(const char* name, Reduction reduction, const char* op) {
  const int64_t rows = 4096, cols = 1024;
  TapeBuilder t({rows, cols}, 1);
  const auto x = t.load(0, Dt::F32, t.dense());
  const auto y = t.load(2, Dt::F32, {0, 1});
  const std::string kind = op;
  const auto v = kind == "exp" ? t.scalar("exp", {x}) : kind.empty() ? x : t.scalar(op, {x, y});
  t.store(1, t.reduce(reduction, v), t.kept());
  time_tape(name, t.source, numbers({rows * cols, rows, cols}), 4.0 * rows * cols);
}

void column_sum(int64_t rows, int64_t cols) {
  TapeBuilder t({rows, cols}, 1, 1);
  t.store(1, t.reduce(Reduction::Sum, t.load(0, Dt::F32, t.dense())), t.kept());
  const std::string name = "column sum " + std::to_string(rows) + "x" + std::to_string(cols);
  time_tape(name.c_str(), t.source, numbers({rows * cols, cols}),
            4.0 * static_cast<double>(rows * cols));
}

void transpose(int64_t rows, int64_t cols) {
  TapeBuilder t({rows, cols});
  t.store(1, t.load(0, Dt::F32, {1, rows}), t.dense());
  const std::string name = "transpose " + std::to_string(rows) + "x" + std::to_string(cols);
  time_tape(name.c_str(), t.source, numbers({rows * cols, rows * cols}),
            8.0 * static_cast<double>(rows * cols));
}

void unary(const char* op) {
  TapeBuilder t({16384});
  t.store(1, t.scalar(op, {t.load(0, Dt::F32, {1})}), {1});
  const int kept = threads;
  threads = 1;
  time_tape(op, t.source, numbers({16384, 16384}), 8.0 * 16384);
  threads = kept;
}

enum class Layout { Plain, LeftTransposed, RightTransposed };

void gemm(int64_t m, int64_t n, int64_t k, bool bias, Layout layout = Layout::Plain) {
  TapeBuilder t({m, n});
  const auto acc = t.load(kAccValue, Dt::F32, {0, 0});
  t.source.accesses[0].place.space = kAccSpace;
  t.store(3,
          bias ? t.scalar("maximum",
                          {t.scalar("add", {acc, t.load(2, Dt::F32, {0, 1})}), t.constant(0)})
               : acc,
          t.dense());
  ContractSource source{{},
                        m,
                        n,
                        k,
                        {0, Dt::F32, {0, 0, 0}, 0, {k, 0, 1}},
                        {1, Dt::F32, {1, 0, 0}, 0, {0, 1, n}},
                        t.source,
                        0};
  if (layout == Layout::LeftTransposed) source.a.strides = {1, 0, m};
  if (layout == Layout::RightTransposed) source.b.strides = {0, k, 1};
  ContractStep step(source, kernels());
  Buffers buffers = numbers({m * k, k * n, n, m * n});
  const char* forms[] = {"gemm ", "gemm Tn ", "gemm nT "};
  const std::string name = std::string(bias ? "gemm+bias+relu " : forms[static_cast<int>(layout)]) +
                           std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  time_step(name.c_str(), step, buffers, 0, 2.0 * static_cast<double>(m * n * k));
}

Heads heads(uint32_t value, int64_t count, int64_t length, int64_t width) {
  return {value, count * length * width, length * width, width, width};
}

// Forward, and the gradient, of heads of f32 with as many keys as queries.
void attention(int64_t batch, int64_t count, int64_t length, int64_t dim, bool causal) {
  AttentionShape s;
  s.batch = batch, s.heads = s.shared = count, s.queries = s.keys = length, s.dim = s.width = dim;
  s.scale = 0.2, s.causal = causal;
  const auto at = [&](uint32_t value) { return heads(value, count, length, dim); };
  const AttentionOperands operands{at(0), at(1), at(2), {}};
  const int64_t n = batch * count * length * dim;
  Buffers buffers = numbers({n, n, n, n, n, n, n, n});
  AttentionStep forward(s, operands, at(3), Dt::F32, kernels());
  AttentionGradientStep backward(s, operands, {at(3), at(4), at(5), at(6), at(7)}, Dt::F32,
                                 kernels());
  time_step(forward.work().what.c_str(), forward, buffers, 0, forward.work().flops);
  time_step(backward.work().what.c_str(), backward, buffers, 0, backward.work().flops);
}

}  // namespace
}  // namespace vorab::blas::test

int main(int count, char** arguments) {
  using namespace vorab::blas::test;
  if (count > 1) threads = std::atoi(arguments[1]);
  if (count > 2) only = arguments[2];
  vorab::blas::prepare_blas();
  std::printf("kernels %s, %d threads\n",
              vorab::blas::choose_kernels(vorab::blas::test::wanted()).name, threads);
  for (int64_t n : {1 << 24, 1 << 18}) chain(n);
  for (int64_t n : {1 << 24, 1 << 17}) adam(n);
  norm_softmax(4096, 1024);
  norm_softmax(512, 1024);
  norm_softmax(4096, 1000);
  norm_softmax(4096, 333);
  norm_softmax(16384, 100);
  norm_softmax(16384, 64);
  norm_softmax(40960, 10);
  row_reduction("row sum", vorab::blas::Reduction::Sum, "");
  row_reduction("row max", vorab::blas::Reduction::Max, "");
  row_reduction("row sum of products", vorab::blas::Reduction::Sum, "mul");
  row_reduction("row max of products", vorab::blas::Reduction::Max, "mul");
  row_reduction("row sum of exp", vorab::blas::Reduction::Sum, "exp");
  column_sum(1024, 1536);
  column_sum(65536, 64);
  column_sum(768, 128);
  column_sum(768, 512);
  transpose(2048, 2048);
  for (const char* op : {"neg", "sqrt", "exp", "log", "tanh", "erf", "sigmoid", "sin"}) {
    unary(op);
  }
  gemm(1024, 1024, 1024, false);
  for (bool bias : {false, true}) {
    gemm(128, 1152, 384, bias);
    gemm(128, 384, 1536, bias);
    gemm(1024, 1536, 384, bias);
    gemm(768, 512, 128, bias);
  }
  for (Layout layout : {Layout::LeftTransposed, Layout::RightTransposed}) {
    gemm(128, 512, 768, false, layout);
    gemm(768, 128, 512, false, layout);
  }
  attention(8, 12, 128, 32, false);
  attention(12, 4, 64, 32, true);
  attention(1, 8, 1024, 64, true);
  gemm(64, 128, 64, true);
  gemm(64, 10, 128, true);
  return 0;
}
