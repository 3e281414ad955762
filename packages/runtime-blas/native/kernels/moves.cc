// Moves between strided memory and dense registers, by element width alone.
#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <class T>
void splat_row(T* to, T value, size_t n) {
  for (size_t c = 0; c < n; ++c) to[c] = value;
}

template <class T>
void load_rows(T* to, const T* from, const Move& m) {
  if (m.row_stride == static_cast<int64_t>(m.cols)) {
    __builtin_memcpy(to, from, m.rows * m.cols * sizeof(T));
    return;
  }
  for (size_t r = 0; r < m.rows; ++r) {
    __builtin_memcpy(to + r * m.cols, from + static_cast<int64_t>(r) * m.row_stride,
                     m.cols * sizeof(T));
  }
}

template <class T>
void load_any(T* to, const T* from, const Move& m) {
  const auto magnitude = [](int64_t s) { return s < 0 ? -s : s; };
  const auto rows = static_cast<int64_t>(m.rows);
  const auto cols = static_cast<int64_t>(m.cols);
  if (magnitude(m.row_stride) < magnitude(m.col_stride)) {
    for (int64_t c = 0; c < cols; ++c) {
      for (int64_t r = 0; r < rows; ++r)
        to[r * cols + c] = from[r * m.row_stride + c * m.col_stride];
    }
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) to[r * cols + c] = from[r * m.row_stride + c * m.col_stride];
  }
}

template <class T>
void load_move(void* reg, const void* memory, const Move& m) {
  T* to = static_cast<T*>(reg);
  const T* from = static_cast<const T*>(memory);
  if (m.rows == 0 || m.cols == 0) return;
  if (m.cols == 1 && m.row_stride == 1) {
    __builtin_memcpy(to, from, m.rows * sizeof(T));
  } else if (m.col_stride == 1) {
    load_rows(to, from, m);
  } else if (m.col_stride == 0) {
    for (size_t r = 0; r < m.rows; ++r)
      splat_row(to + r * m.cols, from[static_cast<int64_t>(r) * m.row_stride], m.cols);
  } else {
    load_any(to, from, m);
  }
}

template <class T>
void store_move(void* memory, const void* reg, const Move& m) {
  T* to = static_cast<T*>(memory);
  const T* from = static_cast<const T*>(reg);
  for (size_t r = 0; r < m.rows; ++r) {
    T* row = to + static_cast<int64_t>(r) * m.row_stride;
    const T* source = from + r * m.cols;
    if (m.col_stride == 1) {
      __builtin_memcpy(row, source, m.cols * sizeof(T));
      continue;
    }
    for (size_t c = 0; c < m.cols; ++c) row[static_cast<int64_t>(c) * m.col_stride] = source[c];
  }
}

void stream_bytes(void* to, const void* from, size_t bytes) {
  using V = Vec<uint8_t, kVectorBytes>;
  auto* target = static_cast<std::byte*>(to);
  const auto* source = static_cast<const std::byte*>(from);
  size_t i = (kVectorBytes - past_vector(to)) % kVectorBytes;
  if (i > bytes) i = bytes;
  __builtin_memcpy(target, source, i);
  for (; i + kVectorBytes <= bytes; i += kVectorBytes) {
    V v;
    __builtin_memcpy(&v, source + i, sizeof v);
    stream_vector(target + i, v);
  }
  __builtin_memcpy(target + i, source + i, bytes - i);
}

void fence() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

template <class T>
void expand_rows(void* reg, const void* values, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; ++r)
    splat_row(static_cast<T*>(reg) + r * cols, static_cast<const T*>(values)[r], cols);
}

template <class T>
void index_move(void* reg, int64_t start, const Move& m) {
  T* to = static_cast<T*>(reg);
  for (size_t r = 0; r < m.rows; ++r) {
    for (size_t c = 0; c < m.cols; ++c) {
      to[r * m.cols + c] = static_cast<T>(start + static_cast<int64_t>(r) * m.row_stride +
                                          static_cast<int64_t>(c) * m.col_stride);
    }
  }
}

template <class T>
void fill_width(KernelTable& table, int log2) {
  table.load[log2] = &load_move<T>;
  table.store[log2] = &store_move<T>;
  table.expand[log2] = &expand_rows<T>;
}

}  // namespace

void fill_moves(KernelTable& table) {
  fill_width<uint8_t>(table, 0);
  fill_width<uint16_t>(table, 1);
  fill_width<uint32_t>(table, 2);
  fill_width<uint64_t>(table, 3);
  table.stream = &stream_bytes;
  table.fence = &fence;
  table.index32 = &index_move<int32_t>;
  table.index64 = &index_move<int64_t>;
}

}  // namespace vorab::blas::VORAB_ISA
