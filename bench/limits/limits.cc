// The machine's own limits, on all its cores: multiply-adds of f32, and bytes that are read and
// written, by a copy or in place, whichever is faster.
//   limits          prints {"GFLOPS": …, "GBps": …}
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;

// Seconds of the fastest of some rounds, in which every thread does the same at once.
double fastest(unsigned threads, int rounds, const std::function<void(unsigned)>& work) {
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    std::barrier gate(threads);
    std::vector<double> seconds(threads);
    std::vector<std::thread> pool;
    for (unsigned t = 0; t < threads; ++t) {
      pool.emplace_back([&, t] {
        gate.arrive_and_wait();
        const auto start = Clock::now();
        work(t);
        seconds[t] = std::chrono::duration<double>(Clock::now() - start).count();
      });
    }
    for (auto& thread : pool) thread.join();
    best = std::min(best, *std::max_element(seconds.begin(), seconds.end()));
  }
  return best;
}

volatile float sink;

// Enough independent chains to fill both pipes for the time that one multiply-add takes.
constexpr int chains = 12;
constexpr int64_t turns = 4'000'000;

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void multiply_add_256() {
  __m256 sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 a = _mm256_set1_ps(0.999F), b = _mm256_set1_ps(1e-3F);
  for (int64_t turn = 0; turn < turns; ++turn)
    for (int i = 0; i < chains; ++i) sums[i] = _mm256_fmadd_ps(sums[i], a, b);
  __m256 all = sums[0];
  for (int i = 1; i < chains; ++i) all = _mm256_add_ps(all, sums[i]);
  sink = _mm256_cvtss_f32(all);
}

__attribute__((target("avx512f"))) void multiply_add_512() {
  __m512 sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 a = _mm512_set1_ps(0.999F), b = _mm512_set1_ps(1e-3F);
  for (int64_t turn = 0; turn < turns; ++turn)
    for (int i = 0; i < chains; ++i) sums[i] = _mm512_fmadd_ps(sums[i], a, b);
  __m512 all = sums[0];
  for (int i = 1; i < chains; ++i) all = _mm512_add_ps(all, sums[i]);
  sink = _mm512_cvtss_f32(all);
}
#endif

struct MultiplyAdd {
  void (*run)();
  int lanes;
};

void multiply_add_plain() {
  // Vectors of four, which every 64-bit machine has.
  typedef float Four __attribute__((vector_size(16)));
  Four sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = Four{} + static_cast<float>(i);
  const Four a = Four{} + 0.999F, b = Four{} + 1e-3F;
  for (int64_t turn = 0; turn < turns; ++turn)
    for (int i = 0; i < chains; ++i) sums[i] = sums[i] * a + b;
  Four all = sums[0];
  for (int i = 1; i < chains; ++i) all += sums[i];
  sink = all[0];
}

MultiplyAdd widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {multiply_add_512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {multiply_add_256, 8};
#endif
  return {multiply_add_plain, 4};
}

double gflops(unsigned threads) {
  const MultiplyAdd best = widest();
  const double seconds = fastest(threads, 8, [&](unsigned) { best.run(); });
  return 2.0 * chains * best.lanes * static_cast<double>(turns) * threads / seconds * 1e-9;
}

constexpr size_t large = size_t{128} << 20;  // bytes: more than any cache holds

// Read once and written once, elsewhere.
double copied(unsigned threads) {
  const auto from = std::make_unique<char[]>(large);
  const auto to = std::make_unique<char[]>(large);
  std::memset(from.get(), 1, large);
  std::memset(to.get(), 2, large);
  const size_t share = large / threads;
  const double seconds = fastest(threads, 12, [&](unsigned t) {
    std::memcpy(to.get() + t * share, from.get() + t * share, share);
  });
  return 2.0 * static_cast<double>(share) * threads / seconds * 1e-9;
}

// Read once and written once, in place: the next lines are fetched while these are computed.
double updated(unsigned threads) {
  constexpr size_t line = 16, ahead = 64 * line;  // elements
  const size_t share = large / sizeof(float) / threads / line * line;
  std::vector<float> data(share * threads, 1.0F);
  const double seconds = fastest(threads, 12, [&](unsigned t) {
    float* x = data.data() + t * share;
    for (size_t i = 0; i < share; i += line) {
      __builtin_prefetch(x + i + ahead, 1, 2);
      for (size_t k = 0; k < line; ++k) x[i + k] = x[i + k] * 0.999F + 1e-3F;
    }
  });
  return 2.0 * static_cast<double>(share * sizeof(float)) * threads / seconds * 1e-9;
}

}  // namespace

int main() {
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::printf("{\"GFLOPS\": %.1f, \"GBps\": %.1f}\n", gflops(threads),
              std::max(copied(threads), updated(threads)));
}
