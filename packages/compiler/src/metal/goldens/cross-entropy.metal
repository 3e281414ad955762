// vorab_kernel_max_sub_exp_sum_equal_2_more_6b7c8ae4565c
// x0: f32[N, 17] -> y0: f32[N, 17], y1: f32[N, 17], y2: f32[N], y3: bool[N, 17], y4: f32[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

// NaN passes; of two zeros the positive one.
template <typename T> inline T vorab_larger(T a, T b) { return a > b ? a : b; }
inline float vorab_larger(float a, float b) {
  if (metal::isnan(a) || metal::isnan(b)) return NAN;
  return a == b ? as_type<float>(as_type<uint>(a) & as_type<uint>(b)) : a > b ? a : b;
}

struct vorab_sum {
  template <typename T> static T of(T a, T b) { return a + b; }
};

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
  // kernel max+sub+exp+sum+equal+2 more
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // max over the row
  float a1 = -INFINITY;
  for (int j = lane; j < 17; j += 32) {
    const float v0 = x0[row * 17 + j];
    a1 = vorab_max::of(a1, v0);
  }
  a1 = vorab_simd<vorab_max>(a1);
  const float v1 = a1;
  // sum over the row
  float a6 = 0.0f;
  // sum over the row
  float a11 = 0.0f;
  for (int j = lane; j < 17; j += 32) {
    const float v0 = x0[row * 17 + j];
    const float v2 = v0 - v1;
    const float v4 = metal::precise::exp(v2);
    const bool v8 = v0 == v1;
    const float v10 = float(v8);
    a6 = vorab_sum::of(a6, v4);
    a11 = vorab_sum::of(a11, v10);
    y0[row * 17 + j] = v2;
    y1[row * 17 + j] = v4;
    y3[row * 17 + j] = v8;
  }
  a6 = vorab_simd<vorab_sum>(a6);
  const float v6 = a6;
  a11 = vorab_simd<vorab_sum>(a11);
  const float v11 = a11;
  if (lane == 0) y2[row] = v6;
  if (lane == 0) y4[row] = v11;
}

// vorab_kernel_equal_sub_where_sum_where_2_more_2598f0527747
// x0: i32[N], x1: f32[N, 1], x2: f32[N, 17], x3: f32[] -> y0: f32[N], y1: f32[N, 17], y2: f32[N]; sizes []
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
  // kernel equal+sub+where+sum+where+2 more
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const int v0 = x0[row];
  const float v3 = x1[row];
  const float v6 = 0.0f;
  const float v10 = x3[0];
  // sum over the row
  float a8 = 0.0f;
  // sum over the row
  float a14 = 0.0f;
  for (int j = lane; j < 17; j += 32) {
    const int v1 = j;
    const bool v2 = v0 == v1;
    const float v4 = x2[row * 17 + j];
    const float v5 = v3 - v4;
    const float v7 = v2 ? v5 : v6;
    const float v11 = v2 ? v10 : v6;
    const float v12 = -v11;
    a8 = vorab_sum::of(a8, v7);
    a14 = vorab_sum::of(a14, v11);
    y1[row * 17 + j] = v12;
  }
  a8 = vorab_simd<vorab_sum>(a8);
  const float v8 = a8;
  a14 = vorab_simd<vorab_sum>(a14);
  const float v14 = a14;
  if (lane == 0) y0[row] = v8;
  if (lane == 0) y2[row] = v14;
}

// vorab_kernel_mul_add_neg_sum_div_2_more_b5f39faedd4a
// x0: f32[N, 1], x1: f32[N, 17], x2: f32[N, 17], x3: f32[N], x4: bool[N, 17] -> y0: f32[N, 17]; sizes []
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
  // kernel mul+add+neg+sum+div+2 more
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v0 = x0[row];
  const float v7 = x3[row];
  const float v10 = 0.0f;
  // sum over the row
  float a6 = 0.0f;
  for (int j = lane; j < 17; j += 32) {
    const float v1 = x1[row * 17 + j];
    const float v2 = v0 * v1;
    const float v3 = x2[row * 17 + j];
    const float v4 = v3 + v2;
    const float v5 = -v4;
    a6 = vorab_sum::of(a6, v5);
  }
  a6 = vorab_simd<vorab_sum>(a6);
  const float v6 = a6;
  const float v8 = metal::precise::divide(v6, v7);
  for (int j = lane; j < 17; j += 32) {
    const float v1 = x1[row * 17 + j];
    const float v2 = v0 * v1;
    const float v3 = x2[row * 17 + j];
    const float v4 = v3 + v2;
    const bool v9 = x4[row * 17 + j];
    const float v11 = v9 ? v8 : v10;
    const float v12 = v4 + v11;
    y0[row * 17 + j] = v12;
  }
}
