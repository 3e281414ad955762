// vorab_kernel_sum_div_sub_mul_sum_div_1aadc38d0e42
// x0: f32[N, 200] -> y0: f32[N, 200], y1: f32[N]; sizes []
// 64 threads for each of N rows, 1 rows in a threadgroup

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
  // kernel sum+div+sub+mul+sum+div
  threadgroup float s1[2];
  threadgroup float s7[2];
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v2 = 200.0f;
  // sum over the row
  float a1 = 0.0f;
  for (int j = lane; j < 200; j += 64) {
    const float v0 = x0[row * 200 + j];
    a1 = vorab_sum::of(a1, v0);
  }
  a1 = vorab_simd<vorab_sum>(a1);
  if (thread_index_in_simdgroup == 0) s1[simdgroup_index_in_threadgroup] = a1;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a1 = s1[0];
  for (ushort g = 1; g < 2; g++) a1 = vorab_sum::of(a1, s1[g]);
  const float v1 = a1;
  const float v3 = metal::precise::divide(v1, v2);
  // sum over the row
  float a7 = 0.0f;
  for (int j = lane; j < 200; j += 64) {
    const float v0 = x0[row * 200 + j];
    const float v4 = v0 - v3;
    const float v6 = v4 * v4;
    a7 = vorab_sum::of(a7, v6);
    y0[row * 200 + j] = v4;
  }
  a7 = vorab_simd<vorab_sum>(a7);
  if (thread_index_in_simdgroup == 0) s7[simdgroup_index_in_threadgroup] = a7;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a7 = s7[0];
  for (ushort g = 1; g < 2; g++) a7 = vorab_sum::of(a7, s7[g]);
  const float v7 = a7;
  const float v8 = metal::precise::divide(v7, v2);
  if (lane == 0) y1[row] = v8;
}
