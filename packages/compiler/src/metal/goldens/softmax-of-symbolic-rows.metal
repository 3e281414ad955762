// vorab_kernel_max_sub_exp_sum_div_cd768659e0a1
// x0: f32[N, M] -> y0: f32[N, M]; sizes [M]
// 256 threads for each of N rows, 1 rows in a threadgroup

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
  // kernel max+sub+exp+sum+div
  threadgroup float s1[8];
  threadgroup float s4[8];
  const int n0 = sizes[0]; // M
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // max over the row
  float a1 = -INFINITY;
  for (int j = lane; j < n0; j += 256) {
    const float v0 = x0[row * n0 + j];
    a1 = vorab_max::of(a1, v0);
  }
  a1 = vorab_simd<vorab_max>(a1);
  if (thread_index_in_simdgroup == 0) s1[simdgroup_index_in_threadgroup] = a1;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a1 = s1[0];
  for (ushort g = 1; g < 8; g++) a1 = vorab_max::of(a1, s1[g]);
  const float v1 = a1;
  // sum over the row
  float a4 = 0.0f;
  for (int j = lane; j < n0; j += 256) {
    const float v0 = x0[row * n0 + j];
    const float v2 = v0 - v1;
    const float v3 = metal::precise::exp(v2);
    a4 = vorab_sum::of(a4, v3);
  }
  a4 = vorab_simd<vorab_sum>(a4);
  if (thread_index_in_simdgroup == 0) s4[simdgroup_index_in_threadgroup] = a4;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a4 = s4[0];
  for (ushort g = 1; g < 8; g++) a4 = vorab_sum::of(a4, s4[g]);
  const float v4 = a4;
  for (int j = lane; j < n0; j += 256) {
    const float v0 = x0[row * n0 + j];
    const float v2 = v0 - v1;
    const float v3 = metal::precise::exp(v2);
    const float v5 = metal::precise::divide(v3, v4);
    y0[row * n0 + j] = v5;
  }
}
