// vorab_kernel_where_max_sub_exp_sum_div_ca2fd1d55355
// x0: bool[N, 64], x1: f32[N, 64] -> y0: f32[N, 64]; sizes []
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
  // kernel where+max+sub+exp+sum+div
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v2 = -INFINITY;
  // max over the row
  float a4 = -INFINITY;
  for (int j = lane; j < 64; j += 32) {
    const bool v0 = x0[row * 64 + j];
    const float v1 = x1[row * 64 + j];
    const float v3 = v0 ? v1 : v2;
    a4 = vorab_max::of(a4, v3);
  }
  a4 = vorab_simd<vorab_max>(a4);
  const float v4 = a4;
  // sum over the row
  float a7 = 0.0f;
  for (int j = lane; j < 64; j += 32) {
    const bool v0 = x0[row * 64 + j];
    const float v1 = x1[row * 64 + j];
    const float v3 = v0 ? v1 : v2;
    const float v5 = v3 - v4;
    const float v6 = metal::precise::exp(v5);
    a7 = vorab_sum::of(a7, v6);
  }
  a7 = vorab_simd<vorab_sum>(a7);
  const float v7 = a7;
  for (int j = lane; j < 64; j += 32) {
    const bool v0 = x0[row * 64 + j];
    const float v1 = x1[row * 64 + j];
    const float v3 = v0 ? v1 : v2;
    const float v5 = v3 - v4;
    const float v6 = metal::precise::exp(v5);
    const float v8 = metal::precise::divide(v6, v7);
    y0[row * 64 + j] = v8;
  }
}

// vorab_kernel_less_logicalOr_all_ba578bade87a
// x0: f32[N, 64], x1: bool[N, 64] -> y0: bool[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

struct vorab_all {
  template <typename T> static T of(T a, T b) { return a & b; }
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
  // kernel less+logicalOr+all
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v1 = 1.0f;
  // all over the row
  uint a5 = uint(1u);
  for (int j = lane; j < 64; j += 32) {
    const float v0 = x0[row * 64 + j];
    const bool v2 = v0 < v1;
    const bool v3 = x1[row * 64 + j];
    const bool v4 = v3 || v2;
    a5 = vorab_all::of(a5, uint(v4));
  }
  a5 = vorab_simd<vorab_all>(a5);
  const bool v5 = a5 != 0;
  if (lane == 0) y0[row] = v5;
}
