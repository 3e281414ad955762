// The few routines of BLAS and LAPACK that linear algebra is made of, for float and double alike.
// Matrices are column-major but for trsm. Sizes are int: that is what LAPACK takes.
#pragma once

#include <cstddef>

#if defined(VORAB_ACCELERATE)
#include <Accelerate/Accelerate.h>
#define VORAB_LAPACK(name) name##_
#define VORAB_CBLAS(name) cblas_##name
#define VORAB_STRINGS1
#define VORAB_STRINGS2
#define VORAB_STRINGS3
#else
#include <cblas.h>
#define VORAB_LAPACK(name) scipy_##name##_
#define VORAB_CBLAS(name) scipy_cblas_##name
// Fortran passes the lengths of strings behind all arguments.
#define VORAB_STRINGS1 , size_t{1}
#define VORAB_STRINGS2 , size_t{1}, size_t{1}
#define VORAB_STRINGS3 , size_t{1}, size_t{1}, size_t{1}

extern "C" {
#define VORAB_DECLARE(p, T)                                                                        \
  void scipy_##p##potrf_(const char*, const int*, T*, const int*, int*, size_t);                   \
  void scipy_##p##getrf_(const int*, const int*, T*, const int*, int*, int*);                      \
  void scipy_##p##gelqf_(const int*, const int*, T*, const int*, T*, T*, const int*, int*);        \
  void scipy_##p##orglq_(const int*, const int*, const int*, T*, const int*, const T*, T*,         \
                         const int*, int*);                                                        \
  void scipy_##p##syevd_(const char*, const char*, const int*, T*, const int*, T*, T*, const int*, \
                         int*, const int*, int*, size_t, size_t);                                  \
  void scipy_##p##gesdd_(const char*, const int*, const int*, T*, const int*, T*, T*, const int*,  \
                         T*, const int*, T*, const int*, int*, int*, size_t);                      \
  void scipy_##p##gebrd_(const int*, const int*, T*, const int*, T*, T*, T*, T*, T*, const int*,   \
                         int*);                                                                    \
  void scipy_##p##bdsdc_(const char*, const char*, const int*, T*, T*, T*, const int*, T*,         \
                         const int*, T*, int*, T*, int*, int*, size_t, size_t);                    \
  void scipy_##p##ormbr_(const char*, const char*, const char*, const int*, const int*,            \
                         const int*, T*, const int*, const T*, T*, const int*, T*, const int*,     \
                         int*, size_t, size_t, size_t);                                            \
  void scipy_##p##gesvd_(const char*, const char*, const int*, const int*, T*, const int*, T*, T*, \
                         const int*, T*, const int*, T*, const int*, int*, size_t, size_t);
VORAB_DECLARE(s, float)
VORAB_DECLARE(d, double)
#undef VORAB_DECLARE
}
#endif

namespace vorab::linalg {

// Each returns LAPACK's info: 0, or what was found (positive), or the number of a wrong argument
// (negative). A negative `lwork` (and `liwork`) asks for the best size, put into *work.
#define VORAB_DEFINE(p, T)                                                                         \
  inline int potrf(char uplo, int n, T* a, int lda) {                                              \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##potrf)(&uplo, &n, a, &lda, &info VORAB_STRINGS1);                              \
    return info;                                                                                   \
  }                                                                                                \
  /* Row-major: x becomes op(a)⁻¹·x. */                                                            \
  inline void trsm(bool lower, bool transpose, bool unit, int n, int sides, const T* a, T* x) {    \
    VORAB_CBLAS(p##trsm)                                                                           \
    (CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper,                                    \
     transpose ? CblasTrans : CblasNoTrans, unit ? CblasUnit : CblasNonUnit, n, sides, T{1}, a, n, \
     x, sides);                                                                                    \
  }                                                                                                \
  inline int getrf(int m, int n, T* a, int lda, int* pivots) {                                     \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##getrf)(&m, &n, a, &lda, pivots, &info);                                        \
    return info;                                                                                   \
  }                                                                                                \
  inline int gelqf(int m, int n, T* a, int lda, T* tau, T* work, int lwork) {                      \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##gelqf)(&m, &n, a, &lda, tau, work, &lwork, &info);                             \
    return info;                                                                                   \
  }                                                                                                \
  inline int orglq(int m, int n, int k, T* a, int lda, const T* tau, T* work, int lwork) {         \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##orglq)(&m, &n, &k, a, &lda, tau, work, &lwork, &info);                         \
    return info;                                                                                   \
  }                                                                                                \
  inline int syevd(char jobz, char uplo, int n, T* a, int lda, T* w, T* work, int lwork,           \
                   int* iwork, int liwork) {                                                       \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##syevd)                                                                         \
    (&jobz, &uplo, &n, a, &lda, w, work, &lwork, iwork, &liwork, &info VORAB_STRINGS2);            \
    return info;                                                                                   \
  }                                                                                                \
  inline int gesdd(char jobz, int m, int n, T* a, int lda, T* s, T* u, int ldu, T* vt, int ldvt,   \
                   T* work, int lwork, int* iwork) {                                               \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##gesdd)                                                                         \
    (&jobz, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info VORAB_STRINGS1);    \
    return info;                                                                                   \
  }                                                                                                \
  inline int gebrd(int m, int n, T* a, int lda, T* d, T* e, T* tauq, T* taup, T* work,             \
                   int lwork) {                                                                    \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##gebrd)(&m, &n, a, &lda, d, e, tauq, taup, work, &lwork, &info);                \
    return info;                                                                                   \
  }                                                                                                \
  /* All singular vectors of a bidiagonal matrix. */                                               \
  inline int bdsdc(char uplo, int n, T* d, T* e, T* u, int ldu, T* vt, int ldvt, T* work,          \
                   int* iwork) {                                                                   \
    const char compq = 'I';                                                                        \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##bdsdc)                                                                         \
    (&uplo, &compq, &n, d, e, u, &ldu, vt, &ldvt, nullptr, nullptr, work, iwork,                   \
     &info VORAB_STRINGS2);                                                                        \
    return info;                                                                                   \
  }                                                                                                \
  inline int ormbr(char vect, char side, char trans, int m, int n, int k, T* a, int lda,           \
                   const T* tau, T* c, int ldc, T* work, int lwork) {                              \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##ormbr)                                                                         \
    (&vect, &side, &trans, &m, &n, &k, a, &lda, tau, c, &ldc, work, &lwork, &info VORAB_STRINGS3); \
    return info;                                                                                   \
  }                                                                                                \
  inline int gesvd(char jobz, int m, int n, T* a, int lda, T* s, T* u, int ldu, T* vt, int ldvt,   \
                   T* work, int lwork) {                                                           \
    int info = 0;                                                                                  \
    VORAB_LAPACK(p##gesvd)                                                                         \
    (&jobz, &jobz, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, &info VORAB_STRINGS2);    \
    return info;                                                                                   \
  }
VORAB_DEFINE(s, float)
VORAB_DEFINE(d, double)
#undef VORAB_DEFINE

}  // namespace vorab::linalg
