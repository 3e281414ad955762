#include "product.h"

#include <cstring>
#include <type_traits>

#if defined(VORAB_ACCELERATE)
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>
#endif

namespace vorab::blas {
namespace {

#if defined(VORAB_ACCELERATE)
#define VORAB_SGEMM cblas_sgemm
#define VORAB_DGEMM cblas_dgemm
#else
#define VORAB_SGEMM scipy_cblas_sgemm
#define VORAB_DGEMM scipy_cblas_dgemm
#endif

void clear(std::byte* c, int64_t ldc, int64_t rows, int64_t cols, size_t element) {
  for (int64_t r = 0; r < rows; ++r) {
    std::memset(c + static_cast<size_t>(r * ldc) * element, 0, static_cast<size_t>(cols) * element);
  }
}

template <class T, bool Add>
void gemm(const MatrixView& a, const MatrixView& b, std::byte* c, int64_t ldc, int64_t rows,
          int64_t cols, int64_t inner) {
  if (inner == 0) {
    if (!Add) clear(c, ldc, rows, cols, sizeof(T));
    return;
  }
  const auto ta = a.transposed ? CblasTrans : CblasNoTrans;
  const auto tb = b.transposed ? CblasTrans : CblasNoTrans;
  const auto m = static_cast<int>(rows), n = static_cast<int>(cols), k = static_cast<int>(inner);
  const auto lda = static_cast<int>(a.ld), ldb = static_cast<int>(b.ld), ld = static_cast<int>(ldc);
  const T* x = reinterpret_cast<const T*>(a.data);
  const T* y = reinterpret_cast<const T*>(b.data);
  T* z = reinterpret_cast<T*>(c);
  if constexpr (std::is_same_v<T, float>) {
    VORAB_SGEMM(CblasRowMajor, ta, tb, m, n, k, 1.0f, x, lda, y, ldb, Add, z, ld);
  } else {
    VORAB_DGEMM(CblasRowMajor, ta, tb, m, n, k, 1.0, x, lda, y, ldb, Add, z, ld);
  }
}

// Integers wrap, so they are multiplied as unsigned.
template <class T>
void plain(const MatrixView& a, const MatrixView& b, std::byte* c, int64_t ldc, int64_t rows,
           int64_t cols, int64_t inner) {
  using Wide = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  clear(c, ldc, rows, cols, sizeof(T));
  const T* x = reinterpret_cast<const T*>(a.data);
  const T* y = reinterpret_cast<const T*>(b.data);
  for (int64_t i = 0; i < rows; ++i) {
    T* z = reinterpret_cast<T*>(c) + i * ldc;
    for (int64_t k = 0; k < inner; ++k) {
      const auto left = static_cast<Wide>(a.transposed ? x[k * a.ld + i] : x[i * a.ld + k]);
      for (int64_t j = 0; j < cols; ++j) {
        const auto right = static_cast<Wide>(b.transposed ? y[j * b.ld + k] : y[k * b.ld + j]);
        z[j] = static_cast<T>(static_cast<Wide>(z[j]) + left * right);
      }
    }
  }
}

}  // namespace

ProductFn product_of(Dt dtype) {
  switch (dtype) {
    case Dt::F32: return &gemm<float, false>;
    case Dt::F64: return &gemm<double, false>;
    case Dt::I32:
    case Dt::U32: return &plain<uint32_t>;
    case Dt::I64: return &plain<uint64_t>;
    case Dt::I8:
    case Dt::U8: return &plain<uint8_t>;
    case Dt::Bool:
    case Dt::F16:
    case Dt::BF16: return nullptr;
  }
  return nullptr;
}

ProductFn accumulating_product_of(Dt dtype) {
  switch (dtype) {
    case Dt::F32: return &gemm<float, true>;
    case Dt::F64: return &gemm<double, true>;
    default: return nullptr;
  }
}

void prepare_blas() {
#if !defined(VORAB_ACCELERATE)
  scipy_openblas_set_num_threads(1);
#endif
}

std::string blas_version() {
#if defined(VORAB_ACCELERATE)
  return "Accelerate";
#else
  return scipy_openblas_get_config();
#endif
}

}  // namespace vorab::blas
