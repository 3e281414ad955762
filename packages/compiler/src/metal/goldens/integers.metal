// vorab_kernel_min_sub_b09b554a0ab0
// x0: i32[N, 33] -> y0: i32[N, 33]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

// NaN passes; of two zeros the negative one.
template <typename T> inline T vorab_smaller(T a, T b) { return a < b ? a : b; }
inline float vorab_smaller(float a, float b) {
  if (metal::isnan(a) || metal::isnan(b)) return NAN;
  return a == b ? as_type<float>(as_type<uint>(a) | as_type<uint>(b)) : a < b ? a : b;
}

struct vorab_min {
  template <typename T> static T of(T a, T b) { return vorab_smaller(a, b); }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel min+sub
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // min over the row
  int a1 = int(int(2147483647));
  for (int j = lane; j < 33; j += 32) {
    const int v0 = x0[row * 33 + j];
    a1 = vorab_min::of(a1, v0);
  }
  a1 = vorab_simd<vorab_min>(a1);
  const int v1 = a1;
  for (int j = lane; j < 33; j += 32) {
    const int v0 = x0[row * 33 + j];
    const int v2 = int(uint(v0) - uint(v1));
    y0[row * 33 + j] = v2;
  }
}

// vorab_kernel_mul_max_6e8983445090
// x0: i64[N, 33] -> y0: i64[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

// NaN passes; of two zeros the positive one.
template <typename T> inline T vorab_larger(T a, T b) { return a > b ? a : b; }
inline float vorab_larger(float a, float b) {
  if (metal::isnan(a) || metal::isnan(b)) return NAN;
  return a == b ? as_type<float>(as_type<uint>(a) & as_type<uint>(b)) : a > b ? a : b;
}

struct vorab_max {
  template <typename T> static T of(T a, T b) { return vorab_larger(a, b); }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel mul+max
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const long v1 = long(3l);
  // max over the row
  long a3 = long(0x8000000000000000ul);
  for (int j = lane; j < 33; j += 32) {
    const long v0 = x0[row * 33 + j];
    const long v2 = long(ulong(v0) * ulong(v1));
    a3 = vorab_max::of(a3, v2);
  }
  a3 = vorab_simd<vorab_max>(a3);
  const long v3 = a3;
  if (lane == 0) y0[row] = v3;
}

// vorab_kernel_mul_sum_b9f3af39f7e1
// x0: i64[N, 33] -> y0: i64[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

struct vorab_sum {
  template <typename T> static T of(T a, T b) { return a + b; }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel mul+sum
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // sum over the row
  ulong a2 = ulong(long(0l));
  for (int j = lane; j < 33; j += 32) {
    const long v0 = x0[row * 33 + j];
    const long v1 = long(ulong(v0) * ulong(v0));
    a2 = vorab_sum::of(a2, ulong(v1));
  }
  a2 = vorab_simd<vorab_sum>(a2);
  const long v2 = long(a2);
  if (lane == 0) y0[row] = v2;
}

// vorab_kernel_add_sum_d3a0ea2e63bb
// x0: u8[N, 33] -> y0: u8[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

struct vorab_sum {
  template <typename T> static T of(T a, T b) { return a + b; }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel add+sum
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const uint8_t v1 = uint8_t(200);
  // sum over the row
  uint a3 = uint(uint8_t(0));
  for (int j = lane; j < 33; j += 32) {
    const uint8_t v0 = x0[row * 33 + j];
    const uint8_t v2 = uint8_t(uint8_t(v0) + uint8_t(v1));
    a3 = vorab_sum::of(a3, uint(v2));
  }
  a3 = vorab_simd<vorab_sum>(a3);
  const uint8_t v3 = uint8_t(a3);
  if (lane == 0) y0[row] = v3;
}

// vorab_kernel_sub_prod_84d7e8b54072
// x0: i8[N, 33] -> y0: i8[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

struct vorab_prod {
  template <typename T> static T of(T a, T b) { return a * b; }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel sub+prod
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const int8_t v1 = int8_t(1);
  // prod over the row
  uint a3 = uint(int8_t(1));
  for (int j = lane; j < 33; j += 32) {
    const int8_t v0 = x0[row * 33 + j];
    const int8_t v2 = int8_t(uint8_t(v0) - uint8_t(v1));
    a3 = vorab_prod::of(a3, uint(v2));
  }
  a3 = vorab_simd<vorab_prod>(a3);
  const int8_t v3 = int8_t(a3);
  if (lane == 0) y0[row] = v3;
}
