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

// The largest absolute value of n numbers.
template <class T>
T largest_of(const T* x, int64_t n) {
  T largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
  return largest;
}

// A component counts for a vector's sign from this part of the largest one on: no quotient of small
// integers, so that rounding decides no tie between components of structured matrices.
inline constexpr double kLeading = 0.6180339887498949;

// Whether the first large component of a vector is negative.
template <class T>
bool turned(const T* x, int n) {
  const T largest = largest_of(x, n);
  for (int i = 0; i < n; ++i) {
    if (double{std::fabs(x[i])} >= kLeading * double{largest}) return x[i] < 0;
  }
  return false;
}

template <class T>
void negate(T* x, int n) {
  for (int i = 0; i < n; ++i) x[i] = -x[i];
}

// signs[j]: -1 where column j of an m × n row-major matrix is turned, else 1. Columns that share
// cache lines are read together.
template <class T>
void signs_of_columns(const T* x, int m, int n, T* signs) {
  constexpr int kTogether = 16;
  for (int from = 0; from < n; from += kTogether) {
    const int count = std::min(kTogether, n - from);
    const T* columns = x + from;
    T largest[kTogether] = {};
    double least[kTogether];
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < count; ++j)
        largest[j] = std::max(largest[j], std::fabs(columns[int64_t{i} * n + j]));
    }
    T* to = signs + from;
    for (int j = 0; j < count; ++j) least[j] = kLeading * double{largest[j]};
    std::fill_n(to, count, T{0});
    int unknown = count;
    for (int i = 0; i < m && unknown > 0; ++i) {
      for (int j = 0; j < count; ++j) {
        const T value = columns[int64_t{i} * n + j];
        if (to[j] != 0 || double{std::fabs(value)} < least[j]) continue;
        to[j] = value < 0 ? T{-1} : T{1};
        --unknown;
      }
    }
  }
}

// Column j of an m × n row-major matrix times factors[j].
template <class T>
void scale_columns(T* x, int m, int n, const T* factors) {
  for (int i = 0; i < m; ++i, x += n) {
    for (int j = 0; j < n; ++j) x[j] *= factors[j];
  }
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
