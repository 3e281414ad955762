// QR, symmetric eigenvalues.
#include "runtime/native/linalg/lapack.h"
#include "runtime/native/linalg/matrices.h"

namespace vorab::linalg {
namespace {

// A = Q·R row-major is Aᵀ = L·Qᵀ for LAPACK: an LQ factorization, by the same reflections.
template <class T>
class Qr : public MatrixRoutine {
 public:
  explicit Qr(const Extents& e)
      : m_(e.m), n_(e.n), k_(std::min(e.m, e.n)), columns_(e.complete ? e.m : k_) {
    T answer[2] = {};
    gelqf(n_, m_, nullptr, std::max(n_, 1), nullptr, &answer[0], -1);
    orglq(columns_, m_, k_, nullptr, std::max(columns_, 1), nullptr, &answer[1], -1);
    lwork_ = work_size(std::max(answer[0], answer[1]), std::max({m_, n_, 1}));
    matrix_ = layout_.template add<T>(int64_t{m_} * n_);
    tau_ = layout_.template add<T>(std::max(k_, 1));
    work_ = layout_.template add<T>(lwork_);
  }

  Refusal run(const Place& place) const override {
    const T* a = reinterpret_cast<const T*>(place.in[0]);
    T* q = reinterpret_cast<T*>(place.out[0]);
    T* r = reinterpret_cast<T*>(place.out[1]);
    if (!all_finite(a, int64_t{m_} * n_)) return not_finite();
    T* matrix = part<T>(place.work, matrix_);
    T* tau = part<T>(place.work, tau_);
    T* work = part<T>(place.work, work_);
    std::copy_n(a, int64_t{m_} * n_, matrix);
    if (k_ > 0) gelqf(n_, m_, matrix, n_, tau, work, lwork_);
    take_r(matrix, r);
    for (int j = 0; j < m_; ++j) {
      for (int i = 0; i < columns_; ++i)
        q[int64_t{j} * columns_ + i] = i < k_ ? matrix[int64_t{j} * n_ + i] : T{0};
    }
    if (columns_ > 0) orglq(columns_, m_, k_, q, columns_, tau, work, lwork_);
    T* signs = work;
    std::fill_n(signs, columns_, T{1});
    for (int i = 0; i < k_; ++i) {
      if (!(r[int64_t{i} * n_ + i] < 0)) continue;
      signs[i] = -1;
      negate(r + int64_t{i} * n_ + i, n_ - i);
    }
    scale_columns(q, m_, columns_, signs);
    return std::nullopt;
  }
  int64_t work_bytes() const override { return layout_.bytes(); }

 private:
  void take_r(const T* matrix, T* r) const {
    for (int i = 0; i < columns_; ++i) {
      T* row = r + int64_t{i} * n_;
      const int from = std::min(i, n_);
      std::fill_n(row, i < k_ ? from : n_, T{0});
      if (i < k_) std::copy_n(matrix + int64_t{i} * n_ + from, n_ - from, row + from);
    }
  }

  int m_, n_, k_, columns_, lwork_;
  Layout layout_;
  int64_t matrix_, tau_, work_;
};

// The lower triangle row-major is the upper one for LAPACK; eigenvectors come out in rows.
template <class T>
class Eigh : public MatrixRoutine {
 public:
  Eigh(int n, bool vectors) : n_(n), vectors_(vectors) {
    T answer = 0;
    int ianswer = 0;
    syevd(jobz(), 'U', n_, nullptr, n_, nullptr, &answer, -1, &ianswer, -1);
    const int64_t wide = n_;
    lwork_ = work_size(answer, vectors ? 1 + 6 * wide + 2 * wide * wide : 2 * wide + 1);
    liwork_ = std::max(ianswer, vectors ? 3 + 5 * n_ : 1);
    matrix_ = layout_.template add<T>(wide * wide);
    work_ = layout_.template add<T>(lwork_);
    iwork_ = layout_.template add<int>(liwork_);
  }

  Refusal run(const Place& place) const override {
    const T* a = reinterpret_cast<const T*>(place.in[0]);
    if (!lower_finite(a, n_)) return not_finite();
    T* matrix = part<T>(place.work, matrix_);
    for (int i = 0; i < n_; ++i) std::copy_n(a + int64_t{i} * n_, i + 1, matrix + int64_t{i} * n_);
    const int info =
        syevd(jobz(), 'U', n_, matrix, n_, reinterpret_cast<T*>(place.out[0]),
              part<T>(place.work, work_), lwork_, part<int>(place.work, iwork_), liwork_);
    if (info != 0) return "the eigenvalues did not converge";
    if (!vectors_) return std::nullopt;
    for (int i = 0; i < n_; ++i) {
      T* vector = matrix + int64_t{i} * n_;
      if (turned(vector, n_)) negate(vector, n_);
    }
    transpose(matrix, reinterpret_cast<T*>(place.out[1]), n_, n_);
    return std::nullopt;
  }
  int64_t work_bytes() const override { return layout_.bytes(); }

 private:
  char jobz() const { return vectors_ ? 'V' : 'N'; }

  int n_;
  bool vectors_;
  int lwork_, liwork_;
  Layout layout_;
  int64_t matrix_, work_, iwork_;
};

}  // namespace

template <class T>
std::unique_ptr<MatrixRoutine> make_qr(const Extents& extents) {
  return std::make_unique<Qr<T>>(extents);
}
template <class T>
std::unique_ptr<MatrixRoutine> make_eigh(const Extents& extents, bool vectors) {
  return std::make_unique<Eigh<T>>(extents.m, vectors);
}

#define VORAB_INSTANTIATE(T)                                          \
  template std::unique_ptr<MatrixRoutine> make_qr<T>(const Extents&); \
  template std::unique_ptr<MatrixRoutine> make_eigh<T>(const Extents&, bool);
VORAB_INSTANTIATE(float)
VORAB_INSTANTIATE(double)
#undef VORAB_INSTANTIATE

}  // namespace vorab::linalg
