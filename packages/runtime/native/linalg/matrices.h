// What the routines share: checks, signs, transposes, memory to work in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "runtime/native/linalg/routine.h"

namespace vorab::linalg {

inline Refusal not_finite() {
  return "the matrix holds NaN or an infinity\nfind where it comes from";
}

// Whether all of n numbers are finite: x - x is 0 for these alone.
template <class T>
bool all_finite(const T* x, int64_t n) {
  bool finite = true;
  for (int64_t i = 0; i < n; ++i) finite &= x[i] - x[i] == 0;
  return finite;
}

template <class T>
bool lower_finite(const T* a, int n) {
  bool finite = true;
  for (int i = 0; i < n; ++i) finite &= all_finite(a + int64_t{i} * n, i + 1);
  return finite;
}

// A component counts for a vector's sign from this part of the largest one on: no quotient of small
// integers, so that rounding decides no tie between components of structured matrices.
inline constexpr double kLeading = 0.6180339887498949;

// Whether the first large component of a vector is negative.
template <class T>
bool turned(const T* x, int n, int64_t stride) {
  T largest = 0;
  for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i * stride]));
  for (int i = 0; i < n; ++i) {
    const T value = x[i * stride];
    if (double{std::fabs(value)} >= kLeading * double{largest}) return value < 0;
  }
  return false;
}

template <class T>
void negate(T* x, int n, int64_t stride) {
  for (int i = 0; i < n; ++i) x[i * stride] = -x[i * stride];
}

// out[j, i] = in[i, j] of an m × n row-major matrix, in blocks that stay in the cache.
template <class T>
void transpose(const T* in, T* out, int m, int n) {
  constexpr int kBlock = 32;
  for (int i0 = 0; i0 < m; i0 += kBlock) {
    for (int j0 = 0; j0 < n; j0 += kBlock) {
      for (int i = i0; i < std::min(m, i0 + kBlock); ++i) {
        for (int j = j0; j < std::min(n, j0 + kBlock); ++j)
          out[int64_t{j} * m + i] = in[int64_t{i} * n + j];
      }
    }
  }
}

// Parts of a routine's memory, one after the other.
class Layout {
 public:
  template <class T>
  int64_t add(int64_t count) {
    const int64_t at = bytes_;
    bytes_ += (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    return at;
  }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_ = 0;
};

template <class T>
T* part(std::byte* work, int64_t at) {
  return reinterpret_cast<T*>(work + at);
}

// A size that LAPACK has answered as a floating-point number, which may have been rounded down.
template <class T>
int work_size(T answer, int64_t least) {
  const double size = std::max(std::ceil(double{answer} * (1 + 1e-6)), static_cast<double>(least));
  if (!(size <= 2147483647.0)) throw std::invalid_argument("a matrix is larger than LAPACK takes");
  return static_cast<int>(size);
}

}  // namespace vorab::linalg
