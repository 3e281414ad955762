#include "cpu.h"

#include "tape/source.h"

namespace vorab::blas {
namespace {

struct Row {
  const char* name;
  const KernelTable& (*kernels)();
  bool (*runs)();
  const char* why;
};

// Best first.
const Row kRows[] = {
#if defined(VORAB_WITH_AVX512)
    {"avx512", avx512_kernels,
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
     },
     "the CPU has AVX-512 F, BW, DQ and VL"},
#endif
#if defined(VORAB_WITH_AVX2)
    {"avx2", avx2_kernels,
     [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); },
     "the CPU has AVX2 and FMA"},
#endif
    {"baseline", baseline_kernels, [] { return true; }, "every CPU of this architecture runs it"},
};

}  // namespace

KernelChoice choose_kernels(std::string_view wanted) {
  std::string known;
  for (const Row& row : kRows) {
    known += (known.empty() ? "" : ", ") + std::string(row.name);
    if (!wanted.empty() && wanted != row.name) continue;
    if (row.runs())
      return {&row.kernels(), row.name, wanted.empty() ? row.why : "asked for by name"};
    if (!wanted.empty())
      throw Unsupported("this CPU does not run the kernel set " + std::string(wanted));
  }
  throw Unsupported("there is no kernel set " + std::string(wanted) + "; there are: " + known);
}

}  // namespace vorab::blas
