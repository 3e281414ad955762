// Singular values. LAPACK sees Aᵀ = V·S·Uᵀ, and so leaves Vᵀ and U row-major, where they are
// wanted.
#include "runtime/native/linalg/lapack.h"
#include "runtime/native/linalg/matrices.h"

namespace vorab::linalg {
namespace {

// Whether no sum of squares of such numbers leaves T's range; gesdd scales others.
template <class T>
bool is_middle(T largest) {
  constexpr T kLeast = std::is_same_v<T, double> ? T(1e-120) : T(1e-12);
  return largest >= kLeast && largest <= 1 / kLeast;
}

template <class T>
class Svd : public MatrixRoutine {
 public:
  Svd(int m, int n, bool vectors) : m_(m), n_(n), k_(std::min(m, n)), vectors_(vectors) {
    T answer[2] = {};
    int none = 0;
    gesdd(jobz(), n_, m_, nullptr, n_, nullptr, nullptr, n_, nullptr, k_, &answer[0], -1, &none);
    gesvd(jobz(), n_, m_, nullptr, n_, nullptr, nullptr, n_, nullptr, k_, &answer[1], -1);
    lwork_ = work_size(std::max(answer[0], answer[1]), std::max(k_, 1));
    if (in_halves()) plan_halves();
    matrix_ = layout_.template add<T>(int64_t{m_} * n_);
    work_ = layout_.template add<T>(lwork_);
    iwork_ = layout_.template add<int>(int64_t{8} * k_);
  }

  Refusal run(const Place& place) const override {
    const T* a = reinterpret_cast<const T*>(place.in[0]);
    const int64_t size = int64_t{m_} * n_;
    if (!all_finite(a, size)) return not_finite();
    const Results out = results(place);
    T* matrix = part<T>(place.work, matrix_);
    T* work = part<T>(place.work, work_);
    std::copy_n(a, size, matrix);
    int info = in_halves() && is_middle(largest_of(a, size))
                   ? divide_and_conquer(place, out)
                   : gesdd(jobz(), n_, m_, matrix, n_, out.s, out.vt, n_, out.u, k_, work, lwork_,
                           part<int>(place.work, iwork_));
    if (info > 0) {
      // Divide and conquer is fast; where it does not converge, the QR iteration usually does.
      std::copy_n(a, size, matrix);
      info = gesvd(jobz(), n_, m_, matrix, n_, out.s, out.vt, n_, out.u, k_, work, lwork_);
    }
    if (info != 0) return "the singular values did not converge";
    if (vectors_) turn(out, work);
    return std::nullopt;
  }
  int64_t work_bytes() const override { return layout_.bytes(); }

 private:
  struct Results {
    T *u, *s, *vt;
  };

  char jobz() const { return vectors_ ? 'S' : 'N'; }
  // Others are reduced to a square matrix first, which gesdd does.
  bool in_halves() const { return vectors_ && 6 * std::max(m_, n_) < 11 * k_; }

  Results results(const Place& place) const {
    const auto at = [&](size_t i) { return reinterpret_cast<T*>(place.out[i]); };
    return vectors_ ? Results{at(0), at(1), at(2)} : Results{nullptr, at(0), nullptr};
  }

  void plan_halves() {
    T answer[3] = {};
    gebrd(n_, m_, nullptr, n_, nullptr, nullptr, nullptr, nullptr, &answer[0], -1);
    ormbr('Q', 'L', 'N', n_, k_, m_, nullptr, n_, nullptr, nullptr, n_, &answer[1], -1);
    ormbr('P', 'R', 'T', k_, m_, n_, nullptr, n_, nullptr, nullptr, k_, &answer[2], -1);
    const int64_t k = k_, bidiagonal = 3 * k * k + 4 * k;
    lwork_ = std::max(lwork_, work_size(std::max(answer[0], answer[1]), bidiagonal));
    lwork_p_ = work_size(answer[2], 1);
    e_ = layout_.template add<T>(k);
    tau_q_ = layout_.template add<T>(k);
    tau_p_ = layout_.template add<T>(k);
    work_p_ = layout_.template add<T>(lwork_p_);
    reflections_p_ = layout_.template add<T>(int64_t{m_} * n_);
  }

  // What gesdd does for a matrix that is about square; the vectors of both sides are two halves.
  int divide_and_conquer(const Place& place, const Results& out) const {
    T* matrix = part<T>(place.work, matrix_);
    T* work = part<T>(place.work, work_);
    T* e = part<T>(place.work, e_);
    T* tau_q = part<T>(place.work, tau_q_);
    T* tau_p = part<T>(place.work, tau_p_);
    if (const int info = gebrd(n_, m_, matrix, n_, out.s, e, tau_q, tau_p, work, lwork_))
      return info;
    std::fill_n(out.vt, int64_t{k_} * n_, T{0});
    std::fill_n(out.u, int64_t{m_} * k_, T{0});
    const int info = bdsdc(n_ >= m_ ? 'U' : 'L', k_, out.s, e, out.vt, n_, out.u, k_, work,
                           part<int>(place.work, iwork_));
    if (info != 0) return info;
    // Each half writes to its reflections while it works.
    T* reflections_p = part<T>(place.work, reflections_p_);
    std::copy_n(matrix, int64_t{m_} * n_, reflections_p);
    const auto half = [&](int which) {
      if (which == 0)
        ormbr('Q', 'L', 'N', n_, k_, m_, matrix, n_, tau_q, out.vt, n_, work, lwork_);
      else
        ormbr('P', 'R', 'T', k_, m_, n_, reflections_p, n_, tau_p, out.u, k_,
              part<T>(place.work, work_p_), lwork_p_);
    };
    if (place.run_halves != nullptr) {
      (*place.run_halves)(std::cref(half));
    } else {
      half(0);
      half(1);
    }
    return 0;
  }

  void turn(const Results& out, T* signs) const {
    signs_of_columns(out.u, m_, k_, signs);
    scale_columns(out.u, m_, k_, signs);
    for (int i = 0; i < k_; ++i) {
      if (signs[i] < 0) negate(out.vt + int64_t{i} * n_, n_);
    }
  }

  int m_, n_, k_;
  bool vectors_;
  int lwork_, lwork_p_ = 0;
  Layout layout_;
  int64_t matrix_, work_, iwork_;
  int64_t e_ = 0, tau_q_ = 0, tau_p_ = 0, work_p_ = 0, reflections_p_ = 0;
};

}  // namespace

template <class T>
std::unique_ptr<MatrixRoutine> make_svd(const Extents& extents, bool vectors) {
  return std::make_unique<Svd<T>>(extents.m, extents.n, vectors);
}
template std::unique_ptr<MatrixRoutine> make_svd<float>(const Extents&, bool);
template std::unique_ptr<MatrixRoutine> make_svd<double>(const Extents&, bool);

}  // namespace vorab::linalg
