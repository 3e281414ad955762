// Cholesky, triangular systems, LU.
#include <numeric>

#include "runtime/native/linalg/lapack.h"
#include "runtime/native/linalg/matrices.h"

namespace vorab::linalg {
namespace {

// The lower triangle of a row-major matrix is the upper one that LAPACK sees, where A = Uᵀ·U: U's
// transpose, row-major, is L in place.
template <class T>
class Cholesky : public MatrixRoutine {
 public:
  explicit Cholesky(int n) : n_(n) {}

  Refusal run(const Place& place) const override {
    const T* a = reinterpret_cast<const T*>(place.in[0]);
    T* l = reinterpret_cast<T*>(place.out[0]);
    if (!lower_finite(a, n_)) return not_finite();
    for (int i = 0; i < n_; ++i) {
      const int64_t row = int64_t{i} * n_;
      if (l != a) std::copy_n(a + row, i + 1, l + row);
      std::fill(l + row + i + 1, l + row + n_, T{0});
    }
    const int order = potrf('U', n_, l, n_);
    if (order == 0) return std::nullopt;
    return "the matrix is not positive definite: its leading block of order " +
           std::to_string(order) + " is not\nadd a small multiple of the identity";
  }

 private:
  int n_;
};

template <class T>
class TriangularSolve : public MatrixRoutine {
 public:
  explicit TriangularSolve(const Extents& e)
      : n_(e.m),
        sides_(e.sides),
        lower_(e.flags.at(0)),
        transpose_(e.flags.at(1)),
        unit_(e.flags.at(2)) {}

  Refusal run(const Place& place) const override {
    const T* a = reinterpret_cast<const T*>(place.in[0]);
    const T* b = reinterpret_cast<const T*>(place.in[1]);
    T* x = reinterpret_cast<T*>(place.out[0]);
    for (int i = 0; !unit_ && i < n_; ++i) {
      if (a[int64_t{i} * n_ + i] == 0) return singular(i);
    }
    if (x != b) std::copy_n(b, int64_t{n_} * sides_, x);
    trsm(lower_, transpose_, unit_, n_, sides_, a, x);
    return std::nullopt;
  }

 private:
  static Refusal singular(int i) {
    const std::string at = std::to_string(i);
    return "the matrix is singular: element [" + at + ", " + at +
           "] of its triangle is 0\nuse lstsq or pinv, which take singular matrices";
  }

  int n_, sides_;
  bool lower_, transpose_, unit_;
};

// Pivots are rows, so LAPACK must see the matrix itself: it is transposed there and back.
template <class T>
class Lu : public MatrixRoutine {
 public:
  explicit Lu(const Extents& e) : m_(e.m), n_(e.n) {
    matrix_ = layout_.template add<T>(int64_t{m_} * n_);
    pivots_ = layout_.template add<int>(std::min(m_, n_));
  }

  Refusal run(const Place& place) const override {
    const T* a = reinterpret_cast<const T*>(place.in[0]);
    if (!all_finite(a, int64_t{m_} * n_)) return not_finite();
    T* matrix = part<T>(place.work, matrix_);
    int* pivots = part<int>(place.work, pivots_);
    const int k = std::min(m_, n_);
    transpose(a, matrix, m_, n_);
    // A zero pivot is no failure here: a singular matrix has factors too.
    if (k > 0) getrf(m_, n_, matrix, m_, pivots);
    transpose(matrix, reinterpret_cast<T*>(place.out[0]), n_, m_);
    auto* permutation = reinterpret_cast<int32_t*>(place.out[1]);
    std::iota(permutation, permutation + m_, 0);
    T sign = 1;
    for (int i = 0; i < k; ++i) {
      if (pivots[i] - 1 == i) continue;
      std::swap(permutation[i], permutation[pivots[i] - 1]);
      sign = -sign;
    }
    *reinterpret_cast<T*>(place.out[2]) = sign;
    return std::nullopt;
  }
  int64_t work_bytes() const override { return layout_.bytes(); }

 private:
  int m_, n_;
  Layout layout_;
  int64_t matrix_, pivots_;
};

}  // namespace

template <class T>
std::unique_ptr<MatrixRoutine> make_cholesky(const Extents& extents) {
  return std::make_unique<Cholesky<T>>(extents.m);
}
template <class T>
std::unique_ptr<MatrixRoutine> make_triangular_solve(const Extents& extents) {
  return std::make_unique<TriangularSolve<T>>(extents);
}
template <class T>
std::unique_ptr<MatrixRoutine> make_lu(const Extents& extents) {
  return std::make_unique<Lu<T>>(extents);
}

#define VORAB_INSTANTIATE(T)                                                        \
  template std::unique_ptr<MatrixRoutine> make_cholesky<T>(const Extents&);         \
  template std::unique_ptr<MatrixRoutine> make_triangular_solve<T>(const Extents&); \
  template std::unique_ptr<MatrixRoutine> make_lu<T>(const Extents&);
VORAB_INSTANTIATE(float)
VORAB_INSTANTIATE(double)
#undef VORAB_INSTANTIATE

}  // namespace vorab::linalg
